"""Tools for those who work on estab: run from the root of the repository with `python -m tools.NAME`."""
