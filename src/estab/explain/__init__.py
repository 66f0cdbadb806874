"""The reference that `estab explain` shows: codes of findings, states and knobs, each as one page."""
