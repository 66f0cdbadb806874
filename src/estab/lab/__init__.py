"""The simulated network: hosts with the project's own TCP in virtual time, faults, taps, a timeline, scenarios."""
