"""ICMP (RFC 792) and ICMPv6 (RFC 4443) errors that quote a TCP segment, into a row of PACKET."""

from typing import Any

from estab.lives import kernel
from estab.wire.columns import KIND_ICMP_ERROR
from estab.wire.flowhash import endpoint_hash, pair_hash
from estab.wire.ip import enter_ipv4, enter_ipv6
from estab.wire.octets import be16, be32
from estab.wire.records import ICMP
from estab.wire.tcp import clear_options

PROTOCOL_ICMP = 1
PROTOCOL_TCP = 6
PROTOCOL_ICMPV6 = 58


@kernel
def fill_icmp(data: bytes, at: int, end: int, protocol: int, row: Any) -> int:
    """The error at `at` and the segment that it quotes; 0, or ICMP where it is no error or quotes less than 8 bytes of TCP.

    Errors are unreachable, source quench, time exceeded and parameter problem, and in version 6 packet too big.  What the quote
    does not reach is zero.  The quoted IP length is not bounded by the frame: a quote is short by nature.
    """
    if end - at < 16:
        return ICMP
    kind = data[at] + 0
    mtu = 0
    ttl = row.ttl
    if protocol == PROTOCOL_ICMP:
        if kind != 3 and kind != 4 and kind != 11 and kind != 12:
            return ICMP
        if kind == 3 and data[at + 1] == 4:
            mtu = be16(data, at + 6)
        following, segment, wire_end = enter_ipv4(data, at + 8, end, at + 8 + 65535, row)
    else:
        if kind < 1 or kind > 4:
            return ICMP
        if kind == 2:
            mtu = min(be32(data, at + 4), 0x7FFFFFFF)
        following, segment, wire_end = enter_ipv6(data, at + 8, end, at + 48 + 65535, row)
    if following != PROTOCOL_TCP or end - segment < 8:
        return ICMP
    clear_options(row)
    row.kind = KIND_ICMP_ERROR
    row.ttl = ttl
    row.icmp_type = kind
    row.icmp_code = data[at + 1] + 0
    row.icmp_mtu = mtu
    sport = be16(data, segment)
    dport = be16(data, segment + 2)
    row.sport = sport
    row.dport = dport
    row.seq = be32(data, segment + 4)
    row.hash = pair_hash(
        endpoint_hash(row.src0, row.src1, row.src2, row.src3, sport), endpoint_hash(row.dst0, row.dst1, row.dst2, row.dst3, dport)
    )
    row.ack = be32(data, segment + 8) if end - segment >= 12 else 0
    row.flags = 0
    row.window = 0
    row.checksum = 0
    row.urgent = 0
    row.payload = 0
    if end - segment >= 20:
        row.flags = (data[segment + 12] & 1) * 256 + data[segment + 13]
        row.window = be16(data, segment + 14)
        row.checksum = be16(data, segment + 16)
        row.urgent = be16(data, segment + 18)
        row.payload = max(wire_end - segment - (data[segment + 12] >> 4) * 4, 0)
    return 0
