"""System calls that a script may make, one module for each kind."""
