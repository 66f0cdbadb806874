"""IPv4 (RFC 791) and IPv6 (RFC 8200) headers: addresses, identification, hop limit and ECN into the row, and what comes next.

All functions give three numbers: the protocol inside (or a negative `Skipped` code), where it starts, and where it ends on the wire.
For a fragment the place is that of the IP header, for whoever puts the datagram together.
"""

from typing import Any

from estab.lives import inner_kernel, kernel
from estab.wire.columns import NO_IP_ID
from estab.wire.octets import be16, be32
from estab.wire.records import FRAGMENT, MALFORMED, TRUNCATED

HOP_BY_HOP = 0
ROUTING = 43
FRAGMENT_HEADER = 44
AUTHENTICATION = 51
DESTINATION = 60


@inner_kernel
def enter_ipv4(data: bytes, at: int, end: int, wire_end: int, row: Any) -> tuple[int, int, int]:
    """One IPv4 header.  A total length of zero is what segmentation offload leaves there: then the frame says how long it is."""
    if end - at < 20:
        return -TRUNCATED if wire_end - at >= 20 else -MALFORMED, at, wire_end
    header = (data[at] & 15) * 4
    length = be16(data, at + 2)
    if data[at] >> 4 != 4 or header < 20 or (length != 0 and length < header):
        return -MALFORMED, at, wire_end
    if length != 0 and at + length < wire_end:
        wire_end = at + length
    fragment = be16(data, at + 6)
    if fragment & 0x3FFF:
        return -FRAGMENT, at, wire_end
    row.ip_id = be16(data, at + 4)
    row.ttl = data[at + 8] + 0
    row.ecn = data[at + 1] & 3
    row.src0 = 0
    row.src1 = 0
    row.src2 = 0xFFFF
    row.src3 = be32(data, at + 12)
    row.dst0 = 0
    row.dst1 = 0
    row.dst2 = 0xFFFF
    row.dst3 = be32(data, at + 16)
    return data[at + 9] + 0, at + header, wire_end


@inner_kernel
def enter_ipv6(data: bytes, at: int, end: int, wire_end: int, row: Any) -> tuple[int, int, int]:
    """One IPv6 header with its extension headers.

    A payload length of zero is a jumbogram (RFC 2675) or one left to the hardware (BIG TCP): then the frame says how long it is.
    """
    if end - at < 40:
        return -TRUNCATED if wire_end - at >= 40 else -MALFORMED, at, wire_end
    if data[at] >> 4 != 6:
        return -MALFORMED, at, wire_end
    length = be16(data, at + 4)
    if length != 0 and at + 40 + length < wire_end:
        wire_end = at + 40 + length
    row.ip_id = NO_IP_ID
    row.ttl = data[at + 7] + 0
    row.ecn = data[at + 1] >> 4 & 3
    row.src0 = be32(data, at + 8)
    row.src1 = be32(data, at + 12)
    row.src2 = be32(data, at + 16)
    row.src3 = be32(data, at + 20)
    row.dst0 = be32(data, at + 24)
    row.dst1 = be32(data, at + 28)
    row.dst2 = be32(data, at + 32)
    row.dst3 = be32(data, at + 36)
    following = data[at + 6] + 0
    if following == 6:
        return following, at + 40, wire_end
    return skip_extensions(data, at, min(end, wire_end), wire_end, following, row)


@kernel
def skip_extensions(data: bytes, at: int, end: int, wire_end: int, following: int, row: Any) -> tuple[int, int, int]:
    """Over the extension headers of the IPv6 header at `at`, at most a dozen of them; an atomic fragment (RFC 6946) is whole."""
    place = at + 40
    for _ in range(12):
        if following == FRAGMENT_HEADER:
            if end - place < 8:
                break
            if be16(data, place + 2) & 0xFFF9:
                return -FRAGMENT, at, wire_end
            row.ip_id = be32(data, place + 4) & 0x7FFFFFFF
            following, place = data[place] + 0, place + 8
        elif following == HOP_BY_HOP or following == ROUTING or following == DESTINATION:
            if end - place < 8:
                break
            following, place = data[place] + 0, place + 8 + data[place + 1] * 8
        elif following == AUTHENTICATION:
            if end - place < 8:
                break
            following, place = data[place] + 0, place + 8 + data[place + 1] * 4
        else:
            return following, place, wire_end
    return -TRUNCATED if end < wire_end else -MALFORMED, at, wire_end
