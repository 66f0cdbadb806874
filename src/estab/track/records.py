"""The records of the tracker: one CONNECTION row a connection, two SIDE rows (2n: the opener, 2n+1: the other), and a log of state sets.

While packets are fed, side 0 is whoever the tracker took for the opener; `finish` swaps sides where it learned better, so that for
everyone else side 0 is the *client* (active opener) and side 1 the *server*.

Positions (`snd_max`, `acked`, `fin_position`, …) are sequence numbers unwrapped to 64 bits (`estab.seq.unwrap`).  Counters count packets
unless the name says otherwise.  A time of 0 means "never".  All fields of a side are signed: in the compiled life signed and unsigned
numbers do not mix.
"""

from __future__ import annotations

from typing import Any

import numpy as np

# --- marks of a SIDE ---------------------------------------------------------------------------------------------------------------
HAS_SEQ = 1  # `snd_max` is known: a packet of this side was seen, or acknowledged
HAS_ISN = 2  # this side's SYN (or SYN-ACK) was seen: `isn` is true
HAS_ACK_SENT = 4  # `ack_sent` is known
HAS_ACKED = 8  # `acked` is known: the other side has acknowledged something
FIN_SENT = 16
FIN_ACKED = 32  # an ACK of this side's FIN went by
RST_SENT = 64
WINDOW_KNOWN = 128
WINDOW_IS_ZERO = 256  # this side's last word was: no more data
SYN_ACKED = 512  # this side has acknowledged the other's SYN: it certainly received it
RTT_PENDING = 1024  # one segment is being timed
TIMESTAMPS_USED = 2048
SCALE_OFFERED = 4096
SACK_OFFERED = 8192
IN_TIMEOUT_RECOVERY = 1 << 14  # since a timeout (or a path found too narrow), until everything sent before it is acknowledged
FIN_ACKED_PROVED = 1 << 15  # this side certainly received the ACK of its FIN
RECEIVED_FIN_PROVED = 1 << 16  # this side has acknowledged the other's FIN
SPOKE_AFTER_RESET = 1 << 17  # this side sent more after a RST in its own name; a RST counts if its TTL fits and the first one's did not
MSS_OFFERED = 1 << 18
FAST_OPEN_ASKED = 1 << 19
FAST_OPEN_DATA = 1 << 20  # its SYN carried data
KEEPALIVE_WAITING = 1 << 21  # its last keepalive probe is not answered yet
PROBE_WAITING = 1 << 22  # its last zero-window probe is not answered yet
RESET_TTL_ODD = 1 << 23  # its first RST came with another TTL than its other packets
RESET_WITH_ACK = 1 << 24  # its first RST carried the ACK bit: a socket spoke; without it: no socket was there (RFC 9293 §3.10.7.1)
RESET_EXACT = 1 << 25  # its first RST stood exactly at the next expected sequence number
RESET_AFTER_FIN = 1 << 26  # it had sent FIN before
RESET_ON_DATA = 1 << 27  # the packet before, from the other side, carried data
RESET_UNREAD = 1 << 28  # the other side's latest data had not been answered by data of this side
OPTIONS_CUT = 1 << 29  # the snap length hid options of its SYN
HANDSHAKE_DONE = 1 << 30  # this side has certainly passed SYN-SENT and SYN-RECEIVED

# --- marks of a CONNECTION ---------------------------------------------------------------------------------------------------------
SAW_SYN = 1
SAW_SYN_ACK = 2
SAW_HANDSHAKE_ACK = 4  # the opener's ACK of the SYN-ACK (alone or with data)
SIMULTANEOUS_OPEN = 8  # both ends sent a SYN of their own
CROSSING_FINS = 16  # both FINs were under way before either was acknowledged
TUPLE_REUSED = 32  # the four-tuple had a connection before
MIDSTREAM = 64  # the first packet was neither SYN nor SYN-ACK
ECN_NEGOTIATED = 128
FAST_OPEN_USED = 256
HEADERS_CUT = 512
REFUSED = 1024  # SYN answered by RST
CONNECTED = 2048  # data or FIN went both ways, or the handshake was completed
COPIES_SEEN = 4096
REUSED_IN_TIME_WAIT = 8192  # the connection before had been closed by FIN less than 2 MSL (120 s) ago
REUSED_WHILE_OPEN = 1 << 14  # the connection before had not ended
SERVER_SPOKE_FIRST = 1 << 16
OPENED_BY_SYN = 1 << 17  # the first packet was the opener's SYN

SIDE: np.dtype[Any] = np.dtype(
    [
        # What every packet touches stands first, so that it shares a few cache lines.
        ("snd_max", "i8"),  # highest position sent (or acknowledged by the other), exclusive
        ("ack_sent", "i8"),  # highest position of the *other* side that this side has acknowledged
        ("acked", "i8"),  # highest position of this side that the other has acknowledged
        ("last_ns", "i8"), ("marks", "i4"), ("states", "i2"), ("ring_next", "i2"),
        ("packets", "i4"), ("last_flags", "i4"), ("last_frame", "i4"), ("last_id", "i4"),
        ("ring", "i8", (8,)),  # fingerprints of its latest packets, with the time
        ("window_edge", "i8"),  # right edge that this side has offered (position of the other side)
        ("window", "i4"), ("window_max_bytes", "i4"), ("dup_ack_run", "i4"), ("pure_acks", "i4"),
        ("payload_bytes", "i8"), ("data_packets", "i4"), ("id_good", "i4"), ("run", "i4"), ("mss", "i4"),
        ("ttl", "i2"), ("ttl_min", "i2"), ("ttl_max", "i2"), ("scale", "i2"), ("holes", "i2"), ("transitions", "i2"), ("syn_acks", "i4"),
        ("last_sent_ns", "i8"),  # latest packet with payload, SYN or FIN, new or repeated
        ("gap_longest_ns", "i8"),  # longest silence before a packet of this side
        ("last_data_ns", "i8"),  # latest payload sent for the first time
        ("isn", "i8"),
        ("edge_before", "i8"),  # the right edge before the latest that this side has offered
        ("full_since_ns", "i8"),  # it has filled the other's window since then; 0: it has not
        ("tsval_first", "i8"), ("tsval_at_max", "i8"),  # its first timestamp, and the one at `snd_max`
        ("large_end", "i8"),  # where its first segment ended that not every path takes (LARGE_BYTES in sending.py); 0: none
        ("first_data_ns", "i8"), ("stall_mark_ns", "i8"),
        ("max_payload", "i4"), ("id_at_max", "i4"), ("flight_max_bytes", "i4"),
        ("path_mss", "i4"),  # the segment size that fits the smallest MTU a router has named to this side; 0: none has
        ("rtt_position", "i8"), ("rtt_sent_ns", "i8"), ("rtt_min_ns", "i8"), ("rtt_max_ns", "i8"), ("rtt_sum_ns", "i8"),
        ("run_seq", "i8"),  # position of the latest retransmission
        ("repeat_tsval", "i8"),  # timestamp of a repetition made on silence, until it is known whether it was needed; 0: none
        ("rtt_samples", "i4"), ("repeats_open", "i4"),  # segments repeated since the other side last acknowledged anything new
        ("proved_payload", "i4"), ("dup_acks", "i4"), ("id_bad", "i4"), ("sack_acks", "i4"),
        # What many packets touch.
        ("sack_high", "i8"),  # highest position of the *other* side that this side has reported by SACK
        ("flight_ns", "i8"),  # when the oldest of what is (or was last) under way was sent, nothing being under way before
        ("flight_idle_ns", "i8"),  # how long both sides had been silent then
        ("small_segments", "i4"), ("retransmits", "i4"), ("delayed_acks", "i4"), ("ect_packets", "i4"), ("rsts", "i4"), ("turns", "i4"),
        # Sequence space, rarely touched.
        ("fin_position", "i8"), ("fin_ack", "i8"),  # of its first FIN: the FIN's own position; what the segment acknowledged
        ("fin_answer", "i8"),  # what the *other* side sends from this position on was sent after it had acknowledged this side's FIN
        ("hole_left", "i8", (4,)), ("hole_right", "i8", (4,)), ("hole_ns", "i8", (4,)),  # ranges below snd_max that never passed here
        ("recover", "i8"),  # snd_max when the latest recovery from a loss began
        ("repeat_left", "i8"), ("repeat_right", "i8"),  # the range that the latest repetitions without a pause in between cover
        # Times.
        ("first_ns", "i8"),
        ("first_syn_ns", "i8"), ("last_syn_ns", "i8"),  # SYN or SYN-ACK
        ("fin_ns", "i8"), ("fin_acked_ns", "i8"), ("rst_ns", "i8"),
        ("retransmit_first_ns", "i8"), ("retransmit_last_ns", "i8"),
        ("zero_since_ns", "i8"), ("zero_window_ns", "i8"), ("zero_longest_ns", "i8"),
        ("think_max_ns", "i8"), ("think_sum_ns", "i8"),  # from the other side's last new data to this side's first answer
        ("stall_ns", "i8"),  # small segments held back until a delayed ACK came
        ("keepalive_last_ns", "i8"),
        ("window_full_ns", "i8"),  # how long altogether it had filled the other's window
        ("repeat_wait_ns", "i8"), ("repeat_wait_max_ns", "i8"),  # silence before repetitions by a timer: all, the longest
        # Bytes.
        ("duplicate_bytes", "i8"), ("retransmit_bytes", "i8"), ("unseen_bytes", "i8"),
        ("after_peer_fin_bytes", "i8"),  # new data sent after this side had acknowledged the other's FIN
        ("unacked_at_rst_bytes", "i8"),
        # Frames (numbers of records, below 2^31) of instructive packets.
        ("first_frame", "i4"), ("syn_frame", "i4"), ("fin_frame", "i4"), ("rst_frame", "i4"), ("retransmit_frame", "i4"),
        ("run_frame", "i4"), ("run_max_frame", "i4"),  # the first repetition of `run`, and of the longest
        ("wait_frame", "i4"), ("probe_frame", "i4"),  # the repetition after the longest silence; the first tail probe
        ("zero_frame", "i4"), ("duplicate_frame", "i4"), ("late_frame", "i4"), ("mark_frame", "i4"),
        # Counts.
        ("syns", "i4"), ("fins", "i4"),
        # `retransmits`: segments sent again: SYN, SYN-ACK, data, FIN; a repeated super-segment counts its MSS-sized parts
        ("retransmit_syn", "i4"), ("retransmit_syn_ack", "i4"), ("retransmit_fin", "i4"), ("retransmit_data", "i4"),
        ("fast_retransmits", "i4"), ("timeouts", "i4"), ("tail_probes", "i4"), ("unneeded", "i4"),
        ("lost_before", "i4"),  # repeated segments whose original never passed here: lost between this side and the capture point
        ("lost_again", "i4"),  # repeated segments that had been repeated before, on the receiver's word
        ("dsack_repeats", "i4"),  # repetitions that the receiver reported as received twice (D-SACK, RFC 2883)
        ("undone", "i4"),  # repetitions on silence after which the receiver acknowledged the original (Eifel detection, RFC 3522)
        ("run_max", "i4"),  # `run`: consecutive repetitions of one segment without progress, now; and the most
        ("run_payload", "i4"),
        ("out_of_order", "i4"), ("duplicates", "i4"), ("dsacks", "i4"), ("window_updates", "i4"),
        ("zero_windows", "i4"), ("window_fulls", "i4"), ("window_probes", "i4"), ("beyond_window", "i4"),
        ("keepalives", "i4"), ("keepalives_answered", "i4"), ("keepalive_run", "i4"), ("probes_answered", "i4"),
        ("acks_unasked", "i4"), ("unasked_frame", "i4"),  # bare ACKs that repeat the one before although nothing called for an answer
        ("challenge_acks", "i4"), ("resets_ignored", "i4"), ("resets_challenged", "i4"),
        ("edge_stalls", "i4"),  # its acknowledgements that made room for less than half of what they took: its application has not read
        ("old_stamps", "i4"), ("old_stamp_frame", "i4"),  # packets whose timestamp is older than its first
        ("shrinks", "i4"), ("shrunk_payload", "i4"),  # repetitions of a large segment cut smaller, and the smallest such piece
        ("syn_first_flags", "i2"), ("syn_last_flags", "i2"),  # control bits of its first and latest SYN or SYN-ACK
        ("acks_unseen", "i4"), ("gaps", "i4"), ("super_segments", "i4"),
        ("slow_turns", "i4"), ("stalls", "i4"),
        ("ce_packets", "i4"), ("ece_packets", "i4"), ("cwr_packets", "i4"),
        ("after_rst", "i4"),  # packets of this side after a RST in its own name
        ("after_peer_rst", "i4"),  # packets of this side after the other's first RST
        ("rst_window", "i4"), ("rst_ttl", "i4"),
    ],
    align=True,
)  # fmt: skip

CONNECTION: np.dtype[Any] = np.dtype(
    [
        # Two cache lines, of which most packets touch the first.
        ("hash", "i8"),
        ("a0", "u4"), ("a1", "u4"), ("a2", "u4"), ("a3", "u4"),  # address of side 0, as words
        ("b0", "u4"), ("b1", "u4"), ("b2", "u4"), ("b3", "u4"),
        ("a_port", "u2"), ("b_port", "u2"), ("marks", "i4"), ("last_ns", "i8"), ("last_frame", "i4"),
        ("last_side", "i2"),  # who sent the latest packet
        ("fins_first_side", "i2"),  # 0 or 1: who sent the first FIN; -1: no one
        ("rst_first_side", "i2"),
        ("icmp_side", "i2"),  # whose packet the first ICMP error quoted, -1 without one
        ("handshake_ack_frame", "i4"), ("handshake_ack_ns", "i8"),  # the opener's ACK of the SYN-ACK
        ("first_ns", "i8"), ("first_frame", "i4"),
        ("previous", "i4"),  # row of the connection before on the same four-tuple, -1 for none
        ("icmp_ns", "i8"), ("icmp_frame", "i4"),
        ("syn_ack_after_ack", "i4"),  # SYN-ACKs repeated although the opener's ACK had gone by
        ("icmp_count", "i4"), ("icmp_mtu", "i4"),
        ("icmp_type", "u1"), ("icmp_code", "u1"), ("icmp_version", "u1"), ("icmp_quoted", "u1"),  # quoted: 1 the SYN, 2 later
    ],
    align=True,
)  # fmt: skip

TRANSITION: np.dtype[Any] = np.dtype(
    [("time_ns", "i8"), ("frame", "i4"), ("connection", "i4"), ("states", "u2"), ("side", "u2")]  # not aligned: there are many
)
"""One row each time a side's set of possible states changed; in the order of packets."""

TRANSITIONS_MAX = 48
"""Changes kept for one side of one connection; a hostile sequence of packets can make no more."""
