"""The sending half of a connection: from bytes that a user hands over to segments, until the last of them is acknowledged."""
