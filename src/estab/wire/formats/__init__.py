"""Capture files as byte formats: each module finds the records of one format in memory."""
