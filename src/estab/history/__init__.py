"""What a host's TCP did over time: intervals kept in an embedded database of bounded size, read back, and exported."""
