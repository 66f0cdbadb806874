"""From records to rows: the layers of each frame, down to the innermost TCP segment.

`dissect_records` is the one packet loop of `wire`: it takes a batch of RECORD rows and fills rows of PACKET.  A frame that gives no row
is counted under its reason.  After a fragment it returns, so that the caller may put the datagram together.
"""

from typing import Any

from estab.lives import kernel
from estab.wire.columns import KIND_TCP, OPT_CUT
from estab.wire.icmp import PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP, fill_icmp
from estab.wire.ip import AUTHENTICATION, enter_ipv4, enter_ipv6
from estab.wire.link import (
    BY_VERSION,
    ETHERTYPE_ETHERNET,
    ETHERTYPE_IPV4,
    ETHERTYPE_IPV6,
    ETHERTYPE_MPLS,
    ETHERTYPE_MPLS_MULTICAST,
    ETHERTYPE_PPP,
    ETHERTYPE_PPPOE,
    ETHERTYPE_QINQ,
    ETHERTYPE_QINQ_OLD,
    ETHERTYPE_QINQ_OLDER,
    ETHERTYPE_VLAN,
    ETHERTYPE_VNTAG,
    LINKTYPE_ETHERNET,
    enter_ethernet,
    enter_link,
    enter_mpls,
    enter_ppp,
    enter_tag,
)
from estab.wire.octets import PLACE
from estab.wire.records import FRAGMENT, MALFORMED, NOT_IP, NOT_TCP, TRUNCATED
from estab.wire.tcp import fill_tcp
from estab.wire.tunnel import enter_gre, enter_udp

MOST_LAYERS = 20
"""Headers that a frame may have before its TCP header: room for eight tunnels, an end for hostile nesting."""

PROTOCOL_IPIP = 4
PROTOCOL_UDP = 17
PROTOCOL_IPV6 = 41
PROTOCOL_GRE = 47
PROTOCOL_ETHERIP = 97
PROTOCOL_MPLS = 137


@kernel
def enter_other(data: bytes, at: int, end: int, protocol: int) -> tuple[int, int]:
    """One layer of those that are neither IP nor the end of the way; gives the next protocol and its place."""
    if protocol == ETHERTYPE_VLAN or protocol == ETHERTYPE_QINQ or protocol == ETHERTYPE_QINQ_OLD or protocol == ETHERTYPE_QINQ_OLDER:
        return enter_tag(data, at, end)
    if protocol == ETHERTYPE_ETHERNET:
        return enter_ethernet(data, at, end)
    if protocol == BY_VERSION:
        version = data[at] >> 4 if at < end else 0
        if version == 4:
            return ETHERTYPE_IPV4, at
        return (ETHERTYPE_IPV6 if version == 6 else -NOT_IP), at
    if protocol == PROTOCOL_UDP:
        return enter_udp(data, at, end)
    if protocol == PROTOCOL_GRE:
        return enter_gre(data, at, end)
    if protocol == PROTOCOL_IPIP:
        return ETHERTYPE_IPV4, at
    if protocol == PROTOCOL_IPV6:
        return ETHERTYPE_IPV6, at
    if protocol == PROTOCOL_MPLS or protocol == ETHERTYPE_MPLS or protocol == ETHERTYPE_MPLS_MULTICAST:
        return enter_mpls(data, at, end)
    if protocol == ETHERTYPE_PPPOE:
        return enter_ppp(data, at + 6, end)
    if protocol == ETHERTYPE_PPP:
        return enter_ppp(data, at, end)
    if protocol == ETHERTYPE_VNTAG:
        return enter_tag(data, at + 2, end)
    if protocol == AUTHENTICATION and end - at >= 8:
        return data[at] + 0, at + 8 + data[at + 1] * 4
    if protocol == PROTOCOL_ETHERIP:
        return ETHERTYPE_ETHERNET, at + 2
    return -NOT_TCP if protocol < 256 else -NOT_IP, at


@kernel
def dissect_frame(data: bytes, start: int, captured: int, original: int, link_type: int, row: Any, progress: Any) -> int:
    """Fills `row` from one frame; 0, or the code of the reason why it gives no row (see `records.SKIPPED`).

    Everything but time, frame and interface is filled.  `captured` bytes from `start` exist in `data`; `original` is at least that.
    A fragment is described in `progress`.
    """
    start &= PLACE
    end = start + captured
    wire_end = start + original
    if link_type == LINKTYPE_ETHERNET:
        protocol, at = enter_ethernet(data, start, end)
    else:
        protocol, at = enter_link(data, start, end, link_type)
    for _ in range(MOST_LAYERS):
        end = min(end, wire_end)
        if protocol == ETHERTYPE_IPV4:
            protocol, at, wire_end = enter_ipv4(data, at, end, wire_end, row)
        elif protocol == PROTOCOL_TCP:
            return fill_tcp(data, at, end, wire_end, row)
        elif protocol == ETHERTYPE_IPV6:
            protocol, at, wire_end = enter_ipv6(data, at, end, wire_end, row)
        elif protocol == PROTOCOL_ICMP or protocol == PROTOCOL_ICMPV6:
            return fill_icmp(data, at, end, protocol, row)
        elif protocol < 0:
            if protocol == -FRAGMENT:
                progress.fragment = 1
                progress.fragment_at = at
                progress.fragment_end = min(end, wire_end)
                progress.fragment_wire_end = wire_end
            return -protocol
        else:
            protocol, at = enter_other(data, at, end, protocol)
    return MALFORMED


@kernel
def dissect_records(data: bytes, records: Any, last: int, rows: Any, capacity: int, progress: Any, skipped: Any) -> None:
    """Dissects records from `progress.position` on, until `last`, until `capacity` rows are filled, or until just after a fragment.

    `progress` and `skipped` (counters by code) are carried from batch to batch.
    """
    position = progress.position
    count = progress.count
    frame = progress.frame
    highest_ns = progress.highest_ns
    progress.fragment = 0
    while position < last and count < capacity:
        record = records[position]
        row = rows[count]
        position += 1
        frame += 1
        time_ns = record.time_ns
        if time_ns > progress.last_ns:
            progress.last_ns = time_ns
        if time_ns and (time_ns < progress.first_ns or progress.first_ns == 0):
            progress.first_ns = time_ns
        code = dissect_frame(data, record.offset, record.captured, record.original, record.link_type, row, progress)
        if code:
            skipped[code] += 1
            if code == TRUNCATED:
                progress.cut += 1
            if code == FRAGMENT:
                break
            continue
        row.time_ns = time_ns
        row.frame = frame
        row.interface = record.interface
        count += 1
        if row.options & OPT_CUT:
            progress.cut += 1
        if row.kind == KIND_TCP:
            progress.tcp += 1
        if time_ns < highest_ns:
            progress.backward += 1
        else:
            highest_ns = time_ns
    progress.position = position
    progress.count = count
    progress.frame = frame
    progress.highest_ns = highest_ns
