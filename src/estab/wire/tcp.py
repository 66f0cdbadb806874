"""The TCP header (RFC 9293 §3.1) and its options into a row of PACKET."""

from typing import Any

from estab.lives import inner_kernel
from estab.wire.columns import (
    KIND_TCP,
    OPT_AO,
    OPT_CUT,
    OPT_FAST_OPEN,
    OPT_MALFORMED,
    OPT_MD5,
    OPT_MPTCP,
    OPT_MSS,
    OPT_OTHER,
    OPT_SACK,
    OPT_SACK_PERMITTED,
    OPT_TIMESTAMPS,
    OPT_USER_TIMEOUT,
    OPT_WINDOW_SCALE,
)
from estab.wire.flowhash import endpoint_hash, pair_hash
from estab.wire.octets import be16, be32
from estab.wire.records import MALFORMED, TRUNCATED

LARGEST_SHIFT = 14
"""A greater shift counts as this one (RFC 7323 §2.3)."""


@inner_kernel
def fill_tcp(data: bytes, at: int, end: int, wire_end: int, row: Any) -> int:
    """Everything of the segment at `at`; 0, or why it cannot be a row.  The addresses stand in the row already."""
    if end - at < 20:
        return TRUNCATED if wire_end - at >= 20 else MALFORMED
    header = (data[at + 12] >> 4) * 4
    if header < 20 or at + header > wire_end:
        return MALFORMED
    row.kind = KIND_TCP
    sport = be16(data, at)
    dport = be16(data, at + 2)
    row.sport = sport
    row.dport = dport
    row.seq = be32(data, at + 4)
    row.ack = be32(data, at + 8)
    row.flags = (data[at + 12] & 1) * 256 + data[at + 13]
    row.window = be16(data, at + 14)
    row.checksum = be16(data, at + 16)
    row.urgent = be16(data, at + 18)
    row.payload = wire_end - at - header
    clear_options(row)
    row.hash = pair_hash(
        endpoint_hash(row.src0, row.src1, row.src2, row.src3, sport), endpoint_hash(row.dst0, row.dst1, row.dst2, row.dst3, dport)
    )
    if header > 20:
        fill_options(data, at + 20, min(end, at + header), OPT_CUT if end < at + header else 0, row)
    return 0


@inner_kernel
def clear_options(row: Any) -> None:
    """Rows are used again: what this segment may not have must not stay from the one before."""
    row.options = 0
    row.tsval = 0
    row.tsecr = 0
    row.sack_blocks = 0
    row.sack0_left = 0
    row.sack0_right = 0
    row.sack1_left = 0
    row.sack1_right = 0
    row.mss = 0
    row.wscale = 0
    row.icmp_mtu = 0
    row.icmp_type = 0
    row.icmp_code = 0
    row.padding = 0
    row.connection = -1
    row.verdict = 0
    row.states_sender = 0
    row.states_receiver = 0


@inner_kernel
def fill_options(data: bytes, at: int, end: int, cut: int, row: Any) -> None:
    """The options between `at` and `end`; `cut` is OPT_CUT where the snap length took some of them, else 0."""
    seen = cut
    while at < end:
        kind = data[at] + 0
        if kind == 1:  # no operation
            at += 1
            continue
        if kind == 0:  # end of the list
            break
        if end - at < 2:
            if not cut:
                seen |= OPT_MALFORMED
            break
        length = data[at + 1] + 0
        if length < 2:
            seen |= OPT_MALFORMED
            break
        if at + length > end:
            if not cut:
                seen |= OPT_MALFORMED
            break
        if kind == 8 and length == 10:
            row.tsval = be32(data, at + 2)
            row.tsecr = be32(data, at + 6)
            seen |= OPT_TIMESTAMPS
        else:
            seen |= fill_option(data, at, kind, length, row)
        at += length
    row.options = seen


@inner_kernel
def fill_option(data: bytes, at: int, kind: int, length: int, row: Any) -> int:
    """One whole option other than timestamps; gives its bit.  A known kind with a length that it cannot have is OPT_OTHER."""
    if kind == 2 and length == 4:
        row.mss = be16(data, at + 2)
        return OPT_MSS
    if kind == 3 and length == 3:
        row.wscale = min(data[at + 2] + 0, LARGEST_SHIFT)
        return OPT_WINDOW_SCALE
    if kind == 4 and length == 2:
        return OPT_SACK_PERMITTED
    if kind == 5 and length >= 10 and length & 7 == 2:
        row.sack_blocks = length >> 3
        row.sack0_left = be32(data, at + 2)
        row.sack0_right = be32(data, at + 6)
        if length >= 18:
            row.sack1_left = be32(data, at + 10)
            row.sack1_right = be32(data, at + 14)
        return OPT_SACK
    if kind == 30:
        return OPT_MPTCP
    if kind == 34 or (kind == 254 and length >= 4 and be16(data, at + 2) == 0xF989):  # experimental number, RFC 7413 appendix
        return OPT_FAST_OPEN
    if kind == 28 and length == 4:
        return OPT_USER_TIMEOUT
    if kind == 19:
        return OPT_MD5
    if kind == 29:
        return OPT_AO
    return OPT_OTHER
