"""One file for each pathology; `estab.diagnose.rule` says what such a file holds."""
