"""The state machine of TCP as data: the table of RFC 9293, and everything that is derived from it."""
