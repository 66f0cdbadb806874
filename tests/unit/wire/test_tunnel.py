"""Tunnels: the innermost segment counts."""

from __future__ import annotations

import struct

import pytest

from estab.lives import Life
from tests.unit.wire.frames import both_lives, dissect, ethernet, ipv4, ipv6, tcp, udp, values

V4, V6 = ipv4(tcp(b"inner")), ipv6(tcp(b"inner"))
FRAME = ethernet(V4)


def over4(payload: bytes, protocol: int) -> bytes:
    return ethernet(ipv4(payload, protocol=protocol, src="192.0.2.1", dst="192.0.2.2", ttl=9))


def over_udp(payload: bytes, port: int) -> bytes:
    return over4(udp(payload, dport=port), 17)


TUNNELS = {
    "ipip": (over4(V4, 4), V4),
    "6in4": (over4(V6, 41), V6),
    "4in6": (ethernet(ipv6(V4, following=4), 0x86DD), V4),
    "gre": (over4(b"\0\0\x08\0" + V4, 47), V4),
    "gre-all-fields": (over4(b"\xb0\0\x86\xdd" + b"\0" * 12 + V6, 47), V6),
    "gre-pptp": (over4(b"\x30\x81\x88\x0b" + struct.pack(">HHII", len(V4) + 2, 1, 1, 1) + b"\0\x21" + V4, 47), V4),
    "gre-ethernet": (over4(b"\0\0\x65\x58" + FRAME, 47), V4),
    "gre-mpls": (over4(b"\0\0\x88\x47" + struct.pack(">I", 0x100) + V4, 47), V4),
    "erspan-1": (over4(b"\0\0\x88\xbe" + FRAME, 47), V4),
    "erspan-2": (over4(b"\x10\0\x88\xbe\0\0\0\1" + b"\x10" + b"\0" * 7 + FRAME, 47), V4),
    "erspan-3": (over4(b"\x10\0\x22\xeb\0\0\0\1" + b"\x20" + b"\0" * 10 + b"\x01" + b"\0" * 8 + FRAME, 47), V4),
    "etherip": (over4(b"\x30\0" + FRAME, 97), V4),
    "mpls-in-ip": (over4(struct.pack(">I", 0x100) + V6, 137), V6),
    "ah": (over4(b"\x06\x04" + b"\0" * 22 + tcp(b"inner"), 51), None),
    "vxlan": (over_udp(b"\x08\0\0\0\0\0\x01\0" + FRAME, 4789), V4),
    "vxlan-linux": (over_udp(b"\x08\0\0\0\0\0\x01\0" + FRAME, 8472), V4),
    "vxlan-gpe": (over_udp(b"\x0c\0\0\x02\0\0\x01\0" + V6, 4790), V6),
    "vxlan-gpe-ethernet": (over_udp(b"\x0c\0\0\x03\0\0\x01\0" + FRAME, 4790), V4),
    "geneve": (over_udp(b"\x02\0\x65\x58\0\0\x01\0" + b"\0" * 8 + FRAME, 6081), V4),
    "gtp-u": (over_udp(b"\x30\xff" + struct.pack(">HI", len(V4), 5) + V4, 2152), V4),
    "gtp-u-extension": (over_udp(b"\x34\xff" + struct.pack(">HI", len(V4), 5) + b"\0\0\0\x85\x01\0\0\0" + V4, 2152), V4),
    "teredo": (over_udp(V6, 3544), V6),
    "teredo-indications": (over_udp(b"\0\x01\0\0" + b"\0" * 9 + b"\0\0" + b"\x11" * 6 + V6, 3544), V6),
    "ayiya": (over_udp(b"\x44\x52\x11\x29\0\0\0\0" + b"\0" * 36 + V6, 5072), V6),
    "four deep": (over4(ipv4(over_udp(b"\x08\0\0\0\0\0\x01\0" + FRAME, 4789)[14:], protocol=4), 4), V4),
}


@both_lives
@pytest.mark.parametrize("name", TUNNELS)
def test_the_row_is_that_of_the_innermost_packet(life: Life, name: str) -> None:
    data, inner = TUNNELS[name]
    row, reason = dissect(life, data)
    assert reason is None and row.payload == 5
    if inner is not None:
        assert values(row) == values(dissect(life, inner, 101)[0])


@both_lives
@pytest.mark.parametrize("name", TUNNELS)
def test_cut_anywhere_it_never_reads_beyond(life: Life, name: str) -> None:
    data, _ = TUNNELS[name]
    for captured in range(len(data)):
        row, reason = dissect(life, data, captured=captured)
        assert (row is None) != (reason is None)
        assert (row is not None) == (captured >= len(data) - 5), captured


@both_lives
@pytest.mark.parametrize(
    "data",
    [
        over_udp(b"\0" * 60, 4789),
        over_udp(b"\0" * 60, 53),
        over_udp(b"\x32\x01" + b"\0" * 60, 2152),
        over_udp(b"\x45" + b"\0" * 60, 3544),
        over_udp(b"\x0c\0\0\x09" + b"\0" * 60, 4790),
        over_udp(b"short", 4789),
        over4(b"\x40\0\x08\0" + V4, 47),
        over4(b"\0\x02\x08\0" + V4, 47),
        over4(b"\0\0", 47),
        over_udp(b"\x34\xff" + b"\0" * 9 + b"\x85" + b"\x01\0\0\x85" * 3, 2152),
    ],
)
def test_what_only_has_the_port_of_a_tunnel_is_not_tcp(life: Life, data: bytes) -> None:
    assert dissect(life, data) == (None, "NOT_TCP")


@both_lives
def test_extension_headers_of_gtp_end(life: Life) -> None:
    assert dissect(life, over_udp(b"\x34\xff" + b"\0" * 9 + b"\x85" + b"\x01\0\0\x85" * 200, 2152)) == (None, "NOT_IP")


@both_lives
def test_nesting_ends(life: Life) -> None:
    packet = V4
    for _ in range(8):
        packet = ipv4(packet, protocol=4)
    assert dissect(life, packet, 101)[1] is None
    for _ in range(30):
        packet = ipv4(packet, protocol=4)
    assert dissect(life, packet, 101) == (None, "MALFORMED")


@both_lives
def test_the_length_of_udp_bounds_the_payload(life: Life) -> None:
    inner = ipv4(tcp(b"inner"), length=200)
    data = over4(udp(b"\x30\xff\0\0\0\0\0\0" + inner, dport=2152) + b"\xee" * 50, 17)
    assert dissect(life, data)[0].payload == 5
