"""Packet scripts: the language of packetdrill, run against the project's own TCP in virtual time."""
