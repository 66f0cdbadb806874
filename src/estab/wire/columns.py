"""Many packets at once: the columns that `capture` fills and `track` reads, one row a packet.

A row is either a TCP segment (`kind == KIND_TCP`) or an ICMP error that quotes one (`KIND_ICMP_ERROR`: ports, sequence number and
addresses are those of the *quoted* segment, as its sender wrote it; `icmp_*` and `ttl` are of the ICMP packet).
"""

from __future__ import annotations

import enum
from typing import Any

import numpy as np

KIND_TCP = 1
KIND_ICMP_ERROR = 2

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, AE = (1 << bit for bit in range(9))
"""Control bits as they stand in the header (RFC 9293 §3.1; AE: RFC 9768)."""

# Which options a segment carried, as bits of the column `options`.
OPT_MSS = 1
OPT_WINDOW_SCALE = 2
OPT_SACK_PERMITTED = 4
OPT_SACK = 8
OPT_TIMESTAMPS = 16
OPT_USER_TIMEOUT = 32
OPT_FAST_OPEN = 64
OPT_MD5 = 128
OPT_AO = 256
OPT_MPTCP = 512
OPT_OTHER = 1024
OPT_MALFORMED = 2048
"""An option's length ran past the header or was below 2; what stood before it is kept."""
OPT_CUT = 4096
"""The snap length cut the options: options that are not named may have been there all the same."""

NO_IP_ID = -1
"""`ip_id` of IPv6 packets without a fragment header."""

PACKET: np.dtype[Any] = np.dtype(
    [
        ("time_ns", "i8"),  # since the epoch; never decreasing within a capture as fed to `track`; 0: the file holds no times
        ("frame", "i8"),  # number of the record in its capture, from 1 (Wireshark's frame.number)
        ("hash", "i8"),  # of the two endpoints, equal in both directions, 0 .. 2^32-1
        ("src0", "u4"), ("src1", "u4"), ("src2", "u4"), ("src3", "u4"),  # address as words, see estab.flow.Words
        ("dst0", "u4"), ("dst1", "u4"), ("dst2", "u4"), ("dst3", "u4"),
        ("seq", "u4"), ("ack", "u4"),
        ("payload", "i4"),  # bytes of payload on the wire (by the IP length, not by what the snap length kept)
        ("ip_id", "i4"),  # IPv4 identification, or NO_IP_ID
        ("tsval", "u4"), ("tsecr", "u4"),
        ("sack0_left", "u4"), ("sack0_right", "u4"), ("sack1_left", "u4"), ("sack1_right", "u4"),  # the first two SACK blocks
        ("icmp_mtu", "i4"),  # next-hop MTU of a "too big" message, else 0
        ("mss", "i4"),  # of the MSS option, else 0
        ("sport", "u2"), ("dport", "u2"),
        ("window", "u2"),  # as it stands in the header, unscaled
        ("flags", "u2"),
        ("options", "u2"),
        ("urgent", "u2"),
        ("checksum", "u2"),
        ("interface", "u2"),  # of pcapng and of several files: a number for each source of packets
        ("wscale", "u1"),  # shift of the window scale option (0 without it)
        ("sack_blocks", "u1"),  # number of SACK blocks
        ("ttl", "u1"),  # or hop limit
        ("ecn", "u1"),  # the two ECN bits of the IP header: 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 CE
        ("kind", "u1"),
        ("icmp_type", "u1"), ("icmp_code", "u1"),
        ("padding", "u1"),
        # filled by `track`:
        ("connection", "i4"),  # row of the connection, -1 for none
        ("verdict", "u4"),  # bits of estab.track.verdict.Verdict
        ("states_sender", "u2"), ("states_receiver", "u2"),  # sets of possible states after this packet
    ],
    align=True,
)  # fmt: skip


class Skipped(enum.Enum):
    """Why a record of a capture gave no row; the value is the key in the JSON document."""

    NOT_IP = "not ip"
    NOT_TCP = "not tcp"
    TRUNCATED = "truncated header"
    MALFORMED = "malformed header"
    FRAGMENT = "fragment"  # an IP fragment whose datagram never became whole
    LINK_TYPE = "unknown link type"
    ICMP = "icmp"  # ICMP that quotes no TCP segment
