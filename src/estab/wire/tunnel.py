"""What carries packets inside packets: GRE (RFC 2784, 2890, 2637), ERSPAN, VXLAN (RFC 7348), Geneve (RFC 8926), GTP-U (3GPP TS 29.281),
Teredo (RFC 4380), AYIYA, EtherIP (RFC 3378).

Ports only suggest a tunnel; where the bytes do not look like one, the packet is what it is: UDP.
"""

from estab.lives import kernel
from estab.wire.link import BY_VERSION, ETHERTYPE_ETHERNET, ETHERTYPE_IPV4, ETHERTYPE_IPV6
from estab.wire.octets import be16
from estab.wire.records import NOT_IP, NOT_TCP

ERSPAN = 0x88BE
ERSPAN_III = 0x22EB

PORT_GTP_U = 2152
PORT_TEREDO = 3544
PORT_VXLAN = 4789
PORT_VXLAN_GPE = 4790
PORT_VXLAN_LINUX = 8472
"""Where Linux put VXLAN before the port was assigned; several container networks still do."""
PORT_AYIYA = 5072
PORT_GENEVE = 6081


@kernel
def enter_gre(data: bytes, at: int, end: int) -> tuple[int, int]:
    """GRE with its optional fields; version 1 is that of PPTP."""
    if end - at < 4:
        return -NOT_TCP, at
    flags = be16(data, at)
    protocol = be16(data, at + 2)
    if flags & 7 > 1 or flags & 0x4000:  # an unknown version, or source routes (RFC 1701) that nobody sends
        return -NOT_TCP, at
    after = at + 4
    if flags & 0x8000:
        after += 4
    if flags & 0x2000:
        after += 4
    if flags & 0x1000:
        after += 4
    if flags & 7 == 1 and flags & 0x80:
        after += 4
    if protocol == ERSPAN:
        return ETHERTYPE_ETHERNET, after + (8 if flags & 0x1000 else 0)
    if protocol == ERSPAN_III:
        if end - after < 12:
            return -NOT_TCP, at
        return ETHERTYPE_ETHERNET, after + 12 + (data[after + 11] & 1) * 8
    if protocol < 0x600:
        return -NOT_IP, at
    return protocol, after


@kernel
def enter_udp(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A tunnel over UDP, or NOT_TCP; the first eight bytes of its payload exist."""
    sport = be16(data, at)
    dport = be16(data, at + 2)
    inner = at + 8
    if dport == PORT_VXLAN or dport == PORT_VXLAN_LINUX:
        if data[inner] == 8:
            return ETHERTYPE_ETHERNET, inner + 8
    elif dport == PORT_VXLAN_GPE:
        return enter_vxlan_gpe(data, inner)
    elif dport == PORT_GENEVE:
        if data[inner] >> 6 == 0:
            return be16(data, inner + 2), inner + 8 + (data[inner] & 63) * 4
    elif dport == PORT_GTP_U or sport == PORT_GTP_U:
        return enter_gtp(data, inner, end)
    elif dport == PORT_TEREDO or sport == PORT_TEREDO:
        return enter_teredo(data, inner, end)
    elif dport == PORT_AYIYA or sport == PORT_AYIYA:
        return data[inner + 3] + 0, inner + 8 + (1 << (data[inner] >> 4)) + (data[inner + 1] >> 4) * 4
    return -NOT_TCP, at


@kernel
def enter_vxlan_gpe(data: bytes, at: int) -> tuple[int, int]:
    """VXLAN with a field for the next protocol."""
    if data[at] & 0x0C == 0x0C:
        following = data[at + 3] + 0
        if following == 1:
            return ETHERTYPE_IPV4, at + 8
        if following == 2:
            return ETHERTYPE_IPV6, at + 8
        if following == 3:
            return ETHERTYPE_ETHERNET, at + 8
    return -NOT_TCP, at


@kernel
def enter_gtp(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A G-PDU of GTP version 1 with its optional fields and extension headers."""
    if data[at] & 0xF0 != 0x30 or data[at + 1] != 0xFF:
        return -NOT_TCP, at
    after = at + 8
    if data[at] & 7:
        after += 4
        for _ in range(8):
            if after >= end:
                return -NOT_TCP, at
            if data[after - 1] == 0 or not data[at] & 4:
                break
            after += max(data[after] + 0, 1) * 4
    return BY_VERSION, after


@kernel
def enter_teredo(data: bytes, at: int, end: int) -> tuple[int, int]:
    """IPv6 behind the optional authentication and origin indications."""
    if end - at >= 13 and be16(data, at) == 1:
        at += 13 + data[at + 2] + data[at + 3]
    if end - at >= 8 and be16(data, at) == 0:
        at += 8
    if end - at >= 40 and data[at] >> 4 == 6:
        return ETHERTYPE_IPV6, at
    return -NOT_TCP, at
