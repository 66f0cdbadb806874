"""Screens for a terminal (extra `tui`): this host's sockets, live."""
