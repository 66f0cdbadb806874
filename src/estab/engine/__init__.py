"""RFC 9293 TCP without I/O, clock or thread: segments and times go in, segments and one deadline come out."""
