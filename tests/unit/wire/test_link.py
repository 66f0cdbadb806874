"""Link layers: the same segment in every clothing gives the same row."""

from __future__ import annotations

import struct

import pytest

from estab.lives import Life
from estab.wire import link
from tests.unit.wire.frames import both_lives, dissect, ethernet, ipv4, ipv6, tcp, values

V4, V6 = ipv4(tcp(b"hello")), ipv6(tcp(b"hello"))
SNAP = b"\xaa\xaa\x03\0\0\0"
SLL = b"\0\0\0\x01\0\x06\x02\0\0\0\0\x01\0\0"


def data_frame(kind: int = 0x08, flags: int = 1) -> bytes:
    """An 802.11 header with what its flags ask for."""
    extra = b"\0" * (6 if flags & 3 == 3 else 0) + (b"\0\0" if kind & 0x80 else b"") + (b"\0" * 4 if kind & 0x80 and flags & 0x80 else b"")
    return bytes([kind, flags]) + b"\0" * 22 + extra


CLOTHES = {
    "ethernet": (1, ethernet(V4), V4),
    "ethernet-v6": (1, ethernet(V6, 0x86DD), V6),
    "vlan": (1, ethernet(b"\x0b\xe5\x08\0" + V4, 0x8100), V4),
    "qinq": (1, ethernet(b"\0\x01\x81\0\0\x02\x86\xdd" + V6, 0x88A8), V6),
    "qinq-9100": (1, ethernet(b"\0\x01\x81\0\0\x02\x08\0" + V4, 0x9100), V4),
    "vlan-llc": (1, ethernet(b"\0\x01" + struct.pack(">H", len(V4) + 8) + SNAP + b"\x08\0" + V4, 0x8100), V4),
    "vntag": (1, ethernet(b"\0\0\0\x01\x81\0\0\x05\x08\0" + V4, 0x8926), V4),
    "fabricpath": (1, ethernet(b"\0\x01" + ethernet(V4), 0x8903), V4),
    "mpls": (1, ethernet(struct.pack(">II", 17 << 12 | 64, 18 << 12 | 0x100 | 64) + V4, 0x8847), V4),
    "mpls-v6": (1, ethernet(struct.pack(">I", 18 << 12 | 0x100) + V6, 0x8848), V6),
    "pseudowire": (1, ethernet(struct.pack(">I", 18 << 12 | 0x100) + b"\0\0\0\0" + ethernet(V4), 0x8847), V4),
    "pppoe": (1, ethernet(b"\x11\0\0\x07" + struct.pack(">H", len(V4) + 2) + b"\0\x21" + V4, 0x8864), V4),
    "pppoe-v6": (1, ethernet(b"\x11\0\0\x07" + struct.pack(">H", len(V6) + 2) + b"\0\x57" + V6, 0x8864), V6),
    "802.3-snap": (1, ethernet(SNAP + b"\x08\0" + V4, len(V4) + 8), V4),
    "802.3-ip": (1, ethernet(b"\x06\x06\x03" + V4, len(V4) + 3), V4),
    "null": (0, struct.pack("<I", 2) + V4, V4),
    "null-big-endian": (0, struct.pack(">I", 2) + V4, V4),
    "null-v6-freebsd": (0, struct.pack("<I", 28) + V6, V6),
    "loop-v6-openbsd": (108, struct.pack(">I", 24) + V6, V6),
    "raw-v4": (101, V4, V4),
    "raw-v6": (101, V6, V6),
    "raw-12": (12, V4, V4),
    "raw-14": (14, V6, V6),
    "ipv4": (228, V4, V4),
    "ipv6": (229, V6, V6),
    "sll": (113, SLL + b"\x08\0" + V4, V4),
    "sll-vlan": (113, SLL + b"\x81\0\0\x05\x86\xdd" + V6, V6),
    "sll2": (276, b"\x86\xdd" + b"\0" * 18 + V6, V6),
    "ppp": (9, b"\xff\x03\0\x21" + V4, V4),
    "ppp-short": (9, b"\x21" + V4, V4),
    "ppp-mpls": (50, b"\xff\x03\x02\x81" + struct.pack(">I", 0x100) + V4, V4),
    "pppoe-link": (51, b"\x11\0\0\x07" + struct.pack(">H", len(V4) + 2) + b"\0\x21" + V4, V4),
    "c-hdlc": (104, b"\x0f\0\x08\0" + V4, V4),
    "frame-relay": (107, b"\x18\x41\x03\xcc" + V4, V4),
    "frame-relay-v6": (107, b"\x18\x41\x03\x8e" + V6, V6),
    "frame-relay-snap": (107, b"\x18\x41\x03\0\x80\0\0\0\x08\0" + V4, V4),
    "frame-relay-cisco": (107, b"\x18\x40\0\x41\x08\0" + V4, V4),
    "fddi": (10, b"\x50" + b"\0" * 12 + SNAP + b"\x08\0" + V4, V4),
    "wifi": (105, data_frame() + SNAP + b"\x08\0" + V4, V4),
    "wifi-qos-wds": (105, data_frame(0x88, 3) + SNAP + b"\x86\xdd" + V6, V6),
    "wifi-qos-ht": (105, data_frame(0x88, 0x81) + SNAP + b"\x08\0" + V4, V4),
    "radiotap": (127, b"\0\0\x0c\0" + b"\0" * 8 + data_frame() + SNAP + b"\x08\0" + V4, V4),
}


@both_lives
@pytest.mark.parametrize("name", CLOTHES)
def test_every_clothing_gives_the_row_of_the_naked_packet(life: Life, name: str) -> None:
    link_type, data, packet = CLOTHES[name]
    row, reason = dissect(life, data, link_type)
    naked, _ = dissect(life, packet, link.LINKTYPE_RAW)
    assert reason is None
    assert values(row) == values(naked)
    assert row.payload == 5


@both_lives
@pytest.mark.parametrize("name", CLOTHES)
def test_cut_anywhere_it_gives_a_reason_and_no_row_until_the_header_is_whole(life: Life, name: str) -> None:
    link_type, data, _packet = CLOTHES[name]
    header = len(data) - 5
    for captured in range(len(data)):
        row, reason = dissect(life, data, link_type, captured=captured)
        assert (row is not None) == (captured >= header), captured
        assert reason in {None, "TRUNCATED", "NOT_IP", "NOT_TCP"}


@both_lives
@pytest.mark.parametrize(
    ("link_type", "data", "reason"),
    [
        (1, ethernet(b"\0" * 40, 0x0806), "NOT_IP"),
        (1, ethernet(b"\x42\x42\x03" + b"\0" * 40, 43), "NOT_IP"),
        (1, b"\0" * 13, "NOT_IP"),
        (999, V4, "LINK_TYPE"),
        (-1, V4, "LINK_TYPE"),
        (101, b"\x15" + V4[1:], "NOT_IP"),
        (101, b"", "NOT_IP"),
        (0, struct.pack("<I", 7) + V4, "NOT_IP"),
        (9, b"\xff\x03\xc0\x21" + V4, "NOT_IP"),
        (105, data_frame(0x80) + V4, "NOT_IP"),
        (105, data_frame(0x08, 0x41) + SNAP + b"\x08\0" + V4, "NOT_IP"),
        (107, b"\x18\x41\x03\x81" + V4, "NOT_IP"),
        (1, ethernet(struct.pack(">I", 0) * 20 + V4, 0x8847), "MALFORMED"),
    ],
)
def test_what_carries_no_ip_is_named(life: Life, link_type: int, data: bytes, reason: str) -> None:
    assert dissect(life, data, link_type) == (None, reason)


@both_lives
def test_the_length_of_pppoe_bounds_the_payload(life: Life) -> None:
    padded = ipv4(tcp() + b"\0" * 6)  # a host that counted its padding
    row, _ = dissect(life, ethernet(b"\x11\0\0\x07" + struct.pack(">H", 42) + b"\0\x21" + padded, 0x8864))
    assert row.payload == 0
