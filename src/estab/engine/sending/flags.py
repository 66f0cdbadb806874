"""What an ACK turned out to be, as bits (the FLAG_… of net/ipv4/tcp_input.c)."""

ADVANCED = 1
"""SND.UNA has moved."""
WITH_DATA = 2
"""The segment carried something of its own."""
WINDOW_CHANGED = 4
DATA_ACKED = 8
RETRANSMITTED_ACKED = 16
SACKED_NEW = 32
CONGESTION_ECHOED = 64
RETRANSMISSION_LOST = 128
ORIGINAL_ARRIVED = 256
"""Something sent once, and sent before the present trouble began, was (selectively) acknowledged."""
DSACKED = 512
RENEGED = 1024
SET_TIMER = 2048
MAYBE_DELAYED = 4096
DSACK_OF_PROBE = 8192

NOT_DUPLICATE = WITH_DATA | WINDOW_CHANGED | DATA_ACKED
ALERT = SACKED_NEW | CONGESTION_ECHOED | DSACKED
FORWARD = DATA_ACKED | SACKED_NEW
