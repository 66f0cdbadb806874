"""The arithmetic of TCP on plain numbers: timeouts, windows, growth and pacing, without a connection around them."""
