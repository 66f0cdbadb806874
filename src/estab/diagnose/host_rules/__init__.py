"""One file for each pathology that a live host shows; `estab.diagnose.rule` says what such a file holds."""
