"""IPv4 and IPv6 headers: what reaches the row, and which lengths count."""

from __future__ import annotations

import struct

import pytest

from estab.flow import parse_address
from estab.lives import Life
from estab.wire.columns import NO_IP_ID
from tests.unit.wire.frames import (
    CLIENT,
    CLIENT6,
    SERVER,
    SERVER6,
    both_lives,
    dissect,
    dissect_with_progress,
    ethernet,
    ipv4,
    ipv6,
    tcp,
)

SEGMENT = tcp(b"data")


def extension(following: int, words: int = 0) -> bytes:
    """A hop-by-hop, routing or destination header."""
    return bytes([following, words]) + b"\1" + bytes([words * 8 + 3]) + b"\0" * (words * 8 + 4)


@both_lives
def test_fields_of_version_4(life: Life) -> None:
    row, _ = dissect(life, ethernet(ipv4(SEGMENT, ttl=57, tos=0x2B, ip_id=0xBEEF)))
    assert (row.src0, row.src1, row.src2, row.src3) == parse_address(CLIENT)
    assert (row.dst0, row.dst1, row.dst2, row.dst3) == parse_address(SERVER)
    assert (row.ttl, row.ecn, row.ip_id, row.payload) == (57, 3, 0xBEEF, 4)


@both_lives
def test_fields_of_version_6(life: Life) -> None:
    row, _ = dissect(life, ethernet(ipv6(SEGMENT, hops=61, traffic=0x02), 0x86DD))
    assert (row.src0, row.src1, row.src2, row.src3) == parse_address(CLIENT6)
    assert (row.dst0, row.dst1, row.dst2, row.dst3) == parse_address(SERVER6)
    assert (row.ttl, row.ecn, row.ip_id, row.payload) == (61, 2, NO_IP_ID, 4)


@both_lives
def test_options_of_version_4_are_stepped_over(life: Life) -> None:
    row, _ = dissect(life, ethernet(ipv4(SEGMENT, options=b"\x94\x04\0\0" * 10)))
    assert (row.dport, row.payload) == (80, 4)


@both_lives
@pytest.mark.parametrize("version", [4, 6])
def test_padding_is_no_payload(life: Life, version: int) -> None:
    packet = ethernet(ipv4(tcp())) if version == 4 else ethernet(ipv6(tcp()), 0x86DD)
    row, _ = dissect(life, packet + b"\xee" * 6)
    assert row.payload == 0


@both_lives
@pytest.mark.parametrize("version", [4, 6])
def test_a_length_left_to_the_hardware_is_that_of_the_frame(life: Life, version: int) -> None:
    big = tcp(b"x" * 70_000)
    packet = ethernet(ipv4(big, length=0)) if version == 4 else ethernet(ipv6(big, length=0), 0x86DD)
    row, _ = dissect(life, packet, captured=120)
    assert row.payload == 70_000


@both_lives
def test_a_jumbogram_has_the_length_of_its_frame(life: Life) -> None:
    jumbo = bytes([6, 0, 0xC2, 4]) + struct.pack(">I", 70_028)
    row, _ = dissect(life, ethernet(ipv6(jumbo + tcp(b"x" * 70_000), following=0, length=0), 0x86DD), captured=130)
    assert row.payload == 70_000


@both_lives
def test_payload_counts_bytes_that_were_not_captured_but_none_beyond_the_wire(life: Life) -> None:
    whole = ethernet(ipv4(tcp(b"x" * 1000)))
    assert dissect(life, whole, captured=54)[0].payload == 1000
    lying = ethernet(ipv4(tcp(b"x" * 10), length=1500))
    assert dissect(life, lying)[0].payload == 10


@both_lives
def test_an_absurd_original_length_fits_its_column(life: Life) -> None:
    row, _ = dissect(life, ethernet(ipv4(tcp(), length=0)), original=0xFFFFFFFF)
    assert row.payload == 0x7FFFFFFF - 54


@both_lives
@pytest.mark.parametrize("kind", [0, 43, 60])
def test_extension_headers_are_stepped_over(life: Life, kind: int) -> None:
    chain = extension(51, 2) + bytes([60, 4]) + b"\0" * 22 + extension(6)
    row, reason = dissect(life, ethernet(ipv6(chain + SEGMENT, following=kind), 0x86DD))
    assert reason is None and (row.dport, row.payload) == (80, 4)


@both_lives
def test_an_atomic_fragment_is_whole(life: Life) -> None:
    header = struct.pack(">BBHI", 6, 0, 0, 0xFFFF1234)
    row, _ = dissect(life, ethernet(ipv6(header + SEGMENT, following=44), 0x86DD))
    assert (row.payload, row.ip_id) == (4, 0x7FFF1234)


@both_lives
@pytest.mark.parametrize(
    ("packet", "ethertype"),
    [
        (ipv4(SEGMENT, fragment=0x2000), 0x0800),
        (ipv4(SEGMENT, fragment=0x0010), 0x0800),
        (ipv6(extension(44) + struct.pack(">BBHI", 6, 0, 1, 9) + SEGMENT, following=0), 0x86DD),
        (ipv6(struct.pack(">BBHI", 6, 0, 64, 9) + SEGMENT, following=44), 0x86DD),
    ],
)
def test_a_fragment_is_handed_over_with_its_place(life: Life, packet: bytes, ethertype: int) -> None:
    row, reason, progress = dissect_with_progress(life, ethernet(packet, ethertype) + b"\0" * 4)
    assert (row, reason, progress.fragment) == (None, "FRAGMENT", 1)
    start = 5 + 14
    assert (progress.fragment_at, progress.fragment_wire_end) == (start, start + len(packet))
    assert progress.fragment_end == start + len(packet)


@both_lives
def test_dont_fragment_is_no_fragment(life: Life) -> None:
    assert dissect(life, ethernet(ipv4(SEGMENT, fragment=0x4000)))[0].payload == 4


@both_lives
@pytest.mark.parametrize(
    ("packet", "ethertype", "reason"),
    [
        (b"\x55" + ipv4(SEGMENT)[1:], 0x0800, "MALFORMED"),
        (b"\x44" + ipv4(SEGMENT)[1:], 0x0800, "MALFORMED"),
        (ipv4(SEGMENT, length=19), 0x0800, "MALFORMED"),
        (ipv4(SEGMENT)[:19], 0x0800, "MALFORMED"),
        (b"\x45" + ipv6(SEGMENT)[1:], 0x86DD, "MALFORMED"),
        (ipv6(SEGMENT)[:39], 0x86DD, "MALFORMED"),
        (ipv6(extension(0) * 20 + SEGMENT, following=0), 0x86DD, "MALFORMED"),
        (ipv6(extension(60)[:4], following=0), 0x86DD, "MALFORMED"),
        (ipv4(b"\0" * 40, protocol=17), 0x0800, "NOT_TCP"),
        (ipv4(b"\0" * 40, protocol=132), 0x0800, "NOT_TCP"),
        (ipv6(b"", following=59), 0x86DD, "NOT_TCP"),
    ],
)
def test_what_cannot_be_a_row_is_named(life: Life, packet: bytes, ethertype: int, reason: str) -> None:
    assert dissect(life, ethernet(packet, ethertype)) == (None, reason)
