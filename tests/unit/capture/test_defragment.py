"""Datagrams from fragments."""

from __future__ import annotations

import itertools
import struct

import pytest

from estab.capture import defragment
from estab.capture.defragment import TIMEOUT_NS, Defragmenter, Whole, read_fragment
from tests.unit.wire.frames import ipv4, ipv6, tcp

SEGMENT = tcp(bytes(range(200)) * 2)


def pieces4(size: int, ip_id: int = 5, payload: bytes = SEGMENT, dst: str = "10.0.0.2") -> list[bytes]:
    """Fragments of `size` bytes of payload each."""
    return [
        ipv4(payload[at : at + size], ip_id=ip_id, fragment=at // 8 | (0x2000 if at + size < len(payload) else 0), dst=dst)
        for at in range(0, len(payload), size)
    ]


def pieces6(size: int, before: bytes = b"", first: int = 44) -> list[bytes]:
    return [
        ipv6(
            before + struct.pack(">BBHI", 6, 0, at | int(at + size < len(SEGMENT)), 77) + SEGMENT[at : at + size],
            following=first,
        )
        for at in range(0, len(SEGMENT), size)
    ]


def feed(making: Defragmenter, pieces: list[bytes], time_ns: int = 0) -> list[Whole]:
    """Each piece with something before and behind it, as it lies in a file."""
    wholes = [making.add(b"\xee" * 9 + piece + b"\xdd" * 9, 9, 9 + len(piece), 9 + len(piece), time_ns) for piece in pieces]
    return [whole for whole in wholes if whole is not None]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_in_any_order(order: tuple[int, ...]) -> None:
    pieces = pieces4(144)
    (whole,) = feed(Defragmenter(), [pieces[index] for index in order])
    assert whole.data == ipv4(SEGMENT, ip_id=5)
    assert (whole.original, whole.fragments) == (20 + len(SEGMENT), 3)


def test_version_6_loses_its_fragment_header_and_keeps_the_others() -> None:
    destination = b"\x2c\0\x01\x04\0\0\0\0"
    (plain,) = feed(Defragmenter(), pieces6(144))
    assert plain.data == ipv6(SEGMENT)
    (long,) = feed(Defragmenter(), pieces6(144, destination, 60))
    assert long.data == ipv6(b"\x06" + destination[1:] + SEGMENT, following=60)


def test_a_missing_piece_leaves_nothing_and_a_late_one_completes() -> None:
    making, pieces = Defragmenter(), pieces4(144)
    assert feed(making, [pieces[0], pieces[2], pieces[2]]) == []
    assert len(feed(making, [pieces[1]])) == 1
    assert feed(making, pieces[:2]) == []


def test_datagrams_do_not_mix() -> None:
    making = Defragmenter()
    one, other, elsewhere = pieces4(144), pieces4(144, ip_id=6), pieces4(144, dst="10.0.0.3")
    mixed = [piece for triple in zip(one, other, elsewhere, strict=True) for piece in triple]
    assert len(feed(making, mixed)) == 3


def test_where_parts_overlap_the_first_one_wins() -> None:
    first = ipv4(SEGMENT[:160], ip_id=5, fragment=0x2000)
    forged = ipv4(b"\xff" * 160, ip_id=5, fragment=0x2000 | 80 // 8)
    last = ipv4(SEGMENT[240:], ip_id=5, fragment=240 // 8)
    (whole,) = feed(Defragmenter(), [first, forged, last])
    assert whole.data[20:180] == SEGMENT[:160]
    assert whole.data[180:260] == b"\xff" * 80


def test_after_the_timeout_a_datagram_begins_anew() -> None:
    making, pieces = Defragmenter(), pieces4(240)
    assert feed(making, pieces[:1], 0) == []
    assert feed(making, pieces[1:], TIMEOUT_NS + 1) == []
    assert len(feed(making, pieces[:1], TIMEOUT_NS + 2)) == 1


def test_a_piece_that_lies_a_little_earlier_in_time_belongs_to_it() -> None:
    making, pieces = Defragmenter(), pieces4(240)
    feed(making, pieces[:1], 5_000)
    assert len(feed(making, pieces[1:], 4_000)) == 1


def test_a_datagram_captured_in_part_ends_where_the_first_gap_is() -> None:
    making, pieces = Defragmenter(), pieces4(240)
    assert making.add(pieces[0], 0, 60, len(pieces[0]), 0) is None
    whole = making.add(pieces[1], 0, 60, len(pieces[1]), 0)
    assert whole is not None
    assert (whole.data, whole.original) == (ipv4(SEGMENT, ip_id=5)[:60], 20 + len(SEGMENT))


def test_a_datagram_larger_than_ip_allows_is_none() -> None:
    making = Defragmenter()
    far = ipv4(b"\0" * 64, ip_id=5, fragment=0x1FFF)
    near = [ipv4(b"\0" * 8000, ip_id=5, fragment=0x2000 | at // 8) for at in range(0, 65_536, 8000)]
    assert feed(making, [*near, far]) == []


def test_datagrams_in_the_making_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(defragment, "MOST_DATAGRAMS", 10)
    making = Defragmenter()
    feed(making, [pieces4(240, ip_id=number)[0] for number in range(100)])
    assert len(making._making) == 10
    assert len(feed(making, pieces4(240, ip_id=99)[1:])) == 1
    assert feed(making, pieces4(240, ip_id=5)[1:]) == []


def test_bytes_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(defragment, "MOST_BYTES", 10_000)
    making = Defragmenter()
    feed(making, [pieces4(240, ip_id=number)[0] for number in range(1000)])
    assert sum(len(part.captured) for datagram in making._making.values() for part in datagram.parts) <= 10_000 + 240
    assert making._kept_bytes == sum(datagram.kept_bytes for datagram in making._making.values())


def test_fragments_of_one_datagram_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(defragment, "MOST_FRAGMENTS", 5)
    making, pieces = Defragmenter(), pieces4(144)
    feed(making, [pieces[0]] * 5 + pieces[1:])
    assert [len(datagram.parts) for datagram in making._making.values()] == [5]


@pytest.mark.parametrize("packet", [b"", b"\x45", b"\x4f" + bytes(30), b"\x60" + bytes(5) + b"\x2c" + bytes(33), ipv6(b"\0" * 20)])
def test_what_is_no_whole_header_is_none(packet: bytes) -> None:
    assert read_fragment(packet, len(packet)) is None
