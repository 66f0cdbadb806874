"""Link layers: from the first byte of a frame to the protocol that it carries.

A protocol is one number in all of `wire`: an Ethertype (0x600 and above), an IP protocol number (below 256) or a negative
`Skipped` code.
"""

from estab.lives import inner_kernel, kernel
from estab.wire.octets import be16, be32, le16, le32
from estab.wire.records import LINK_TYPE, MALFORMED, NOT_IP, TRUNCATED

ETHERTYPE_IPV4 = 0x0800
ETHERTYPE_IPV6 = 0x86DD
ETHERTYPE_VLAN = 0x8100
ETHERTYPE_QINQ = 0x88A8
ETHERTYPE_QINQ_OLD = 0x9100
ETHERTYPE_QINQ_OLDER = 0x9200
ETHERTYPE_VNTAG = 0x8926
ETHERTYPE_FABRICPATH = 0x8903
ETHERTYPE_MPLS = 0x8847
ETHERTYPE_MPLS_MULTICAST = 0x8848
ETHERTYPE_PPPOE = 0x8864
ETHERTYPE_PPP = 0x880B
ETHERTYPE_ETHERNET = 0x6558
"""Transparent Ethernet bridging (RFC 1701); here also the tag of any Ethernet frame."""
BY_VERSION = 0x10000
"""Not an Ethertype: an IP packet whose version nibble says which."""

LINKTYPE_NULL = 0
LINKTYPE_ETHERNET = 1
LINKTYPE_PPP = 9
LINKTYPE_FDDI = 10
LINKTYPE_PPP_HDLC = 50
LINKTYPE_PPP_ETHER = 51
LINKTYPE_RAW = 101
LINKTYPE_C_HDLC = 104
LINKTYPE_IEEE802_11 = 105
LINKTYPE_FRELAY = 107
LINKTYPE_LOOP = 108
LINKTYPE_LINUX_SLL = 113
LINKTYPE_IEEE802_11_RADIOTAP = 127
LINKTYPE_IPV4 = 228
LINKTYPE_IPV6 = 229
LINKTYPE_LINUX_SLL2 = 276
"""Numbers of the registry at tcpdump.org/linktypes.html."""


@inner_kernel
def enter_ethernet(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Protocol and place of what an Ethernet frame carries; an IEEE 802.3 length means LLC."""
    if end - at < 14:
        return -NOT_IP, at
    protocol = data[at + 12] * 256 + data[at + 13]
    if protocol >= 0x600:
        return protocol, at + 14
    return enter_llc(data, at + 14, end)


@kernel
def enter_llc(data: bytes, at: int, end: int) -> tuple[int, int]:
    """LLC with SNAP (RFC 1042) or with the SAP of IP itself."""
    if end - at >= 8 and data[at] == 0xAA and data[at + 1] == 0xAA and data[at + 2] == 3:
        return be16(data, at + 6), at + 8
    if end - at >= 3 and data[at] == 6 and data[at + 1] == 6 and data[at + 2] == 3:
        return ETHERTYPE_IPV4, at + 3
    return -NOT_IP, at


@kernel
def enter_tag(data: bytes, at: int, end: int) -> tuple[int, int]:
    """VLAN tags of all kinds: two bytes of tag, two of Ethertype."""
    if end - at < 4:
        return -NOT_IP, at
    protocol = be16(data, at + 2)
    if protocol >= 0x600:
        return protocol, at + 4
    return enter_llc(data, at + 4, end)


@kernel
def enter_mpls(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Down to the bottom of the label stack; what follows shows itself by its first nibble (RFC 4928).

    A nibble of zero is the control word of a pseudowire (RFC 4385), of which Ethernet is the usual one.
    """
    for _ in range(16):
        if end - at < 4:
            return -NOT_IP, at
        bottom = data[at + 2] & 1
        at += 4
        if bottom:
            if end > at and data[at] >> 4 == 0:
                return ETHERTYPE_ETHERNET, at + 4
            return BY_VERSION, at
    return -MALFORMED, at


@kernel
def enter_ppp(data: bytes, at: int, end: int) -> tuple[int, int]:
    """PPP with or without address and control field (RFC 1662); the protocol may be compressed to one byte."""
    if end - at >= 4 and data[at] == 0xFF and data[at + 1] == 3:
        at += 2
    if end - at < 2:
        return -NOT_IP, at
    protocol = be16(data, at)
    after = at + 2
    if data[at] & 1:
        protocol, after = data[at] + 0, at + 1
    if protocol == 0x0021:
        return ETHERTYPE_IPV4, after
    if protocol == 0x0057:
        return ETHERTYPE_IPV6, after
    if protocol == 0x0281:
        return ETHERTYPE_MPLS, after
    return -NOT_IP, after


@kernel
def enter_family(family: int, at: int) -> tuple[int, int]:
    """The address family in front of packets of BSD's loopback; AF_INET6 differs from system to system."""
    if family == 2:
        return ETHERTYPE_IPV4, at
    if family == 24 or family == 28 or family == 30 or family == 10:
        return ETHERTYPE_IPV6, at
    return -NOT_IP, at


@kernel
def enter_frame_relay(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Two to four bytes of address, then an NLPID (RFC 2427), or Cisco's Ethertype."""
    after = at + 2
    if end - at >= 4 and data[at + 1] & 1 == 0:
        after = at + 4
    if end - after < 4:
        return -NOT_IP, at
    if data[after] != 3:
        return be16(data, after), after + 2
    if data[after + 1] == 0:
        after += 1
    if data[after + 1] == 0xCC:
        return ETHERTYPE_IPV4, after + 2
    if data[after + 1] == 0x8E:
        return ETHERTYPE_IPV6, after + 2
    if data[after + 1] == 0x80 and end - after >= 7:
        return be16(data, after + 5), after + 7
    return -NOT_IP, after


@kernel
def enter_wifi(data: bytes, at: int, end: int, radiotap: int) -> tuple[int, int]:
    """IEEE 802.11 data frames that are not encrypted; lengths of the header as its flags have it."""
    if radiotap:
        if end - at < 8:
            return -NOT_IP, at
        at += le16(data, at + 2)
    if end - at < 24:
        return -NOT_IP, at
    kind, flags = data[at] + 0, data[at + 1] + 0
    if kind & 0x0C != 0x08 or kind & 0x40 or flags & 0x40:  # not a data frame, without data, or protected
        return -NOT_IP, at
    after = at + 24
    if flags & 3 == 3:
        after += 6
    if kind & 0x80:
        after += 2
        if flags & 0x80:
            after += 4
    return enter_llc(data, after, end)


@kernel
def enter_link(data: bytes, at: int, end: int, link_type: int) -> tuple[int, int]:
    """Protocol and place of what a frame of any link type but Ethernet carries."""
    if link_type == LINKTYPE_RAW or link_type == 12 or link_type == 14:  # LINKTYPE_RAW under the numbers of some systems
        return BY_VERSION, at
    if link_type == LINKTYPE_IPV4:
        return ETHERTYPE_IPV4, at
    if link_type == LINKTYPE_IPV6:
        return ETHERTYPE_IPV6, at
    if link_type == LINKTYPE_PPP or link_type == LINKTYPE_PPP_HDLC:
        return enter_ppp(data, at, end)
    if link_type == LINKTYPE_PPP_ETHER:
        return ETHERTYPE_PPPOE, at
    if link_type == LINKTYPE_FRELAY:
        return enter_frame_relay(data, at, end)
    if link_type == LINKTYPE_IEEE802_11 or link_type == LINKTYPE_IEEE802_11_RADIOTAP:
        return enter_wifi(data, at, end, 1 if link_type == LINKTYPE_IEEE802_11_RADIOTAP else 0)
    if link_type == LINKTYPE_LINUX_SLL:
        return (be16(data, at + 14), at + 16) if end - at >= 16 else (-TRUNCATED, at)
    if link_type == LINKTYPE_LINUX_SLL2:
        return (be16(data, at), at + 20) if end - at >= 20 else (-TRUNCATED, at)
    if link_type == LINKTYPE_C_HDLC:
        return (be16(data, at + 2), at + 4) if end - at >= 4 else (-TRUNCATED, at)
    if link_type == LINKTYPE_FDDI:
        return enter_llc(data, at + 13, end)
    if link_type == LINKTYPE_NULL or link_type == LINKTYPE_LOOP:
        if end - at < 4:
            return -TRUNCATED, at
        family = be32(data, at)
        return enter_family(family if family < 65536 else le32(data, at), at + 4)
    return -LINK_TYPE, at
