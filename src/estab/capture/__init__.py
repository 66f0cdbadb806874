"""Capture files, pipes and compressed streams in, rows of PACKET in time order out: see `reader`."""
