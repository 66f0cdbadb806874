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
    ETHERTYPE_FABRICPATH,
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
from estab.wire.octets import PLACE, be16
from estab.wire.records import FRAGMENT, MALFORMED, NOT_IP, NOT_TCP, TRUNCATED
from estab.wire.tcp import fill_tcp
from estab.wire.tunnel import enter_gre, enter_udp

MOST_LAYERS = 20
"""Headers that a frame may have before its TCP header: room for eight tunnels, an end for hostile nesting."""

LARGEST_ORIGINAL = 0x7FFFFFFF
"""No packet is that long; a payload of more would not fit its column."""

PROTOCOL_IPIP = 4
PROTOCOL_UDP = 17
PROTOCOL_IPV6 = 41
PROTOCOL_GRE = 47
PROTOCOL_ETHERIP = 97
PROTOCOL_MPLS = 137


@kernel
def enter_other(data: bytes, at: int, end: int, wire_end: int, protocol: int) -> tuple[int, int, int]:
    """One layer of those that are neither IP nor the end of the way; gives the next protocol, its place and its end on the wire."""
    inner, inner_at = -NOT_TCP if protocol < 256 else -NOT_IP, at
    if protocol == ETHERTYPE_VLAN or protocol == ETHERTYPE_QINQ or protocol == ETHERTYPE_QINQ_OLD or protocol == ETHERTYPE_QINQ_OLDER:
        inner, inner_at = enter_tag(data, at, end)
    elif protocol == ETHERTYPE_ETHERNET:
        inner, inner_at = enter_ethernet(data, at, end)
    elif protocol == BY_VERSION:
        version = data[at] >> 4 if at < end else 0
        if version == 4:
            inner = ETHERTYPE_IPV4
        elif version == 6:
            inner = ETHERTYPE_IPV6
    elif protocol == PROTOCOL_UDP:
        if end - at >= 16:
            inner, inner_at = enter_udp(data, at, end)
            wire_end = min(wire_end, at + max(be16(data, at + 4), 8))
    elif protocol == PROTOCOL_GRE:
        inner, inner_at = enter_gre(data, at, end)
    elif protocol == PROTOCOL_IPIP:
        inner = ETHERTYPE_IPV4
    elif protocol == PROTOCOL_IPV6:
        inner = ETHERTYPE_IPV6
    elif protocol == PROTOCOL_MPLS or protocol == ETHERTYPE_MPLS or protocol == ETHERTYPE_MPLS_MULTICAST:
        inner, inner_at = enter_mpls(data, at, end)
    elif protocol == ETHERTYPE_PPPOE:
        if end - at >= 8:
            inner, inner_at = enter_ppp(data, at + 6, end)
            wire_end = min(wire_end, at + 6 + be16(data, at + 4))
    elif protocol == ETHERTYPE_PPP:
        inner, inner_at = enter_ppp(data, at, end)
    elif protocol == ETHERTYPE_VNTAG:
        inner, inner_at = enter_tag(data, at + 2, end)
    elif protocol == PROTOCOL_ETHERIP or protocol == ETHERTYPE_FABRICPATH:
        inner, inner_at = ETHERTYPE_ETHERNET, at + 2
    elif protocol == AUTHENTICATION and end - at >= 8:
        inner, inner_at = data[at] + 0, at + 8 + data[at + 1] * 4
    return inner, inner_at, wire_end


@kernel
def dissect_records(data: bytes, records: Any, last: int, rows: Any, capacity: int, progress: Any, skipped: Any) -> None:
    """Dissects records from `progress.position` on, until `last`, until `capacity` rows are filled, or until just after a fragment.

    `progress` and `skipped` (counters by code) are carried from batch to batch.  `end` is where the captured bytes of the present layer
    end, `wire_end` where they ended on the wire.
    """
    position = progress.position
    count = progress.count
    first_ns = progress.first_ns
    last_ns = progress.last_ns
    highest_ns = progress.highest_ns
    progress.fragment = 0
    while position < last and count < capacity:
        record = records[position]
        row = rows[count]
        position += 1
        time_ns = record.time_ns
        last_ns = max(last_ns, time_ns)
        if 0 < time_ns < first_ns:
            first_ns = time_ns
        at = record.offset & PLACE
        end = at + record.captured
        wire_end = at + min(record.original, LARGEST_ORIGINAL)
        if record.link_type == LINKTYPE_ETHERNET:
            protocol, at = enter_ethernet(data, at, end)
        else:
            protocol, at = enter_link(data, at, end, record.link_type)
        code = MALFORMED
        for _ in range(MOST_LAYERS):
            end = min(end, wire_end)
            if protocol == ETHERTYPE_IPV4:
                protocol, at, wire_end = enter_ipv4(data, at, end, wire_end, row)
            elif protocol == PROTOCOL_TCP:
                code = fill_tcp(data, at, end, wire_end, row)
                break
            elif protocol < 0:
                code = -protocol
                break
            elif protocol == ETHERTYPE_IPV6:
                protocol, at, wire_end = enter_ipv6(data, at, end, wire_end, row)
            elif protocol == PROTOCOL_ICMP or protocol == PROTOCOL_ICMPV6:
                code = fill_icmp(data, at, end, protocol, row)
                break
            else:
                protocol, at, wire_end = enter_other(data, at, end, wire_end, protocol)
        if code == 0:
            row.time_ns = time_ns
            row.frame = record.frame
            row.interface = record.interface
            count += 1
            progress.tcp += row.kind == KIND_TCP
            progress.cut += row.options & OPT_CUT != 0
            progress.backward += time_ns < highest_ns
            highest_ns = max(highest_ns, time_ns)
        else:
            skipped[code] += 1
            progress.cut += code == TRUNCATED
            if code == FRAGMENT:
                progress.fragment = 1
                progress.fragment_at = at
                progress.fragment_end = end
                progress.fragment_wire_end = wire_end
                break
    progress.records += position - progress.position
    progress.position = position
    progress.count = count
    progress.first_ns = first_ns
    progress.last_ns = last_ns
    progress.highest_ns = highest_ns
