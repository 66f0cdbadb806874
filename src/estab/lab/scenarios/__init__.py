"""The scenarios: one file each, found by listing this folder."""
