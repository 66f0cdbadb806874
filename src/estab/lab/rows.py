"""Packets of the lab as rows of PACKET, so that `track` can look at them without a detour over bytes.

A row is what dissecting the packet's bytes would give; a test holds the two together.
"""

from __future__ import annotations

import functools
from typing import Any

from estab.flow import Words, parse_address
from estab.lab.packets import Datum, IcmpPacket
from estab.lives import Life
from estab.wire.columns import (
    KIND_ICMP_ERROR,
    KIND_TCP,
    NO_IP_ID,
    OPT_AO,
    OPT_FAST_OPEN,
    OPT_MD5,
    OPT_MPTCP,
    OPT_MSS,
    OPT_OTHER,
    OPT_SACK,
    OPT_SACK_PERMITTED,
    OPT_TIMESTAMPS,
    OPT_USER_TIMEOUT,
    OPT_WINDOW_SCALE,
    PACKET,
)
from estab.wire.flowhash import endpoint_hash, pair_hash
from estab.wire.segment import IcmpKind, Packet, Segment

ICMP_CODES: dict[IcmpKind, tuple[tuple[int, int], tuple[int, int]]] = {
    IcmpKind.NET_UNREACHABLE: ((3, 0), (1, 0)),
    IcmpKind.HOST_UNREACHABLE: ((3, 1), (1, 3)),
    IcmpKind.PROTOCOL_UNREACHABLE: ((3, 2), (4, 1)),
    IcmpKind.PORT_UNREACHABLE: ((3, 3), (1, 4)),
    IcmpKind.PACKET_TOO_BIG: ((3, 4), (2, 0)),
    IcmpKind.ADMIN_PROHIBITED: ((3, 13), (1, 1)),
    IcmpKind.SOURCE_QUENCH: ((4, 0), (1, 0)),
    IcmpKind.TIME_EXCEEDED: ((11, 0), (3, 0)),
    IcmpKind.PARAMETER_PROBLEM: ((12, 0), (4, 0)),
}
"""Type and code of each kind in ICMP (RFC 792, RFC 1812) and in ICMPv6 (RFC 4443)."""

_OPTION_BITS = {19: OPT_MD5, 29: OPT_AO, 30: OPT_MPTCP}


@functools.lru_cache(maxsize=65_536)
def words_of(address: str) -> Words:
    """The four words of an address."""
    return parse_address(address)


def row_of(datum: Datum, time_ns: int, frame: int) -> Any | None:
    """The row of a packet, None for what is neither TCP nor an ICMP error that quotes TCP.

    A damaged packet has one too: it went by, and nothing in a row tells that its receiver will drop it.
    """
    if isinstance(datum, Packet):
        return _tcp_row(datum, time_ns, frame)
    if isinstance(datum, IcmpPacket):
        return _icmp_row(datum, time_ns, frame)
    return None


def _row(packet: Packet, time_ns: int, frame: int) -> Any:
    row = Life.INTERPRETED.row(PACKET)
    row.time_ns, row.frame, row.connection = time_ns, frame, -1
    row.src0, row.src1, row.src2, row.src3 = source = words_of(packet.source)
    row.dst0, row.dst1, row.dst2, row.dst3 = target = words_of(packet.destination)
    row.sport, row.dport = packet.source_port, packet.destination_port
    row.hash = pair_hash(endpoint_hash(*source, row.sport), endpoint_hash(*target, row.dport))
    segment = packet.segment
    row.seq, row.ack, row.flags, row.window = segment.seq, segment.ack, segment.flags, segment.window
    row.payload, row.urgent = len(segment.payload), segment.urgent
    return row


def _tcp_row(packet: Packet, time_ns: int, frame: int) -> Any:
    row = _row(packet, time_ns, frame)
    row.kind = KIND_TCP
    row.ttl, row.ecn = packet.ttl, packet.ecn
    row.ip_id = NO_IP_ID if ":" in packet.source else packet.ip_id
    _fill_options(row, packet.segment)
    return row


def _fill_options(row: Any, segment: Segment) -> None:
    options = 0
    if segment.tsval is not None:
        options |= OPT_TIMESTAMPS
        row.tsval, row.tsecr = segment.tsval, segment.tsecr
    if segment.sack:
        options |= OPT_SACK
        row.sack_blocks = len(segment.sack)
        row.sack0_left, row.sack0_right = segment.sack[0]
        if len(segment.sack) > 1:
            row.sack1_left, row.sack1_right = segment.sack[1]
    if segment.user_timeout_s is not None:
        options |= OPT_USER_TIMEOUT
    syn = segment.syn
    if syn is not None:
        if syn.mss_bytes is not None:
            options |= OPT_MSS
            row.mss = syn.mss_bytes
        if syn.window_scale is not None:
            options |= OPT_WINDOW_SCALE
            row.wscale = syn.window_scale
        options |= OPT_SACK_PERMITTED if syn.sack_permitted else 0
        options |= OPT_FAST_OPEN if syn.fast_open_cookie is not None else 0
    for kind, _ in segment.odd_options:
        options |= _OPTION_BITS.get(kind, OPT_OTHER)
    row.options = options


def _icmp_row(icmp: IcmpPacket, time_ns: int, frame: int) -> Any:
    """The row of an ICMP error: four-tuple and sequence number are the quoted packet's."""
    row = _row(icmp.quoted, time_ns, frame)
    row.kind = KIND_ICMP_ERROR
    row.icmp_type, row.icmp_code = ICMP_CODES[icmp.kind][":" in icmp.source]
    row.icmp_mtu = icmp.mtu_bytes
    row.ttl, row.ecn = icmp.ttl, icmp.quoted.ecn
    row.ip_id = NO_IP_ID if ":" in icmp.source else icmp.quoted.ip_id
    return row
