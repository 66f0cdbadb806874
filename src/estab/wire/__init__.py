"""Bytes of packets into columns: formats of capture files, headers of all layers, down to rows of PACKET.  Opens nothing."""
