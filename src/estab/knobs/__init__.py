"""Settings of the kernel and of sockets, each declared once."""
