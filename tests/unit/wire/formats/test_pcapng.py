"""pcapng files: sections, interfaces, times, packet blocks of all kinds, damage."""

from __future__ import annotations

import struct

import pytest

from estab.lives import Life
from estab.wire.formats.pcapng import LATEST_NS, PcapngWalker
from estab.wire.formats.walker import STOP_DAMAGE, STOP_SHORT
from tests.unit.wire.formats.walks import walk
from tests.unit.wire.frames import block, both_lives, enhanced, frame, interface, option, section, simple

DATA = frame(b"payload")


def times(life: Life, options: bytes, *ticks: int, order: str = "<") -> list[int]:
    data = section(order) + interface(options=options, order=order) + b"".join(enhanced(DATA, tick, order=order) for tick in ticks)
    return [record["time_ns"] for record in walk(PcapngWalker(data), data, life)[0]]


@both_lives
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_packet(life: Life, order: str) -> None:
    data = section(order) + interface(113, order=order) + enhanced(DATA, 5_000_001, original=900, order=order)
    records, stop = walk(PcapngWalker(data), data, life)
    offset = len(data) - 4 - len(DATA) - (-len(DATA) % 4)
    assert stop == STOP_SHORT
    assert records == [
        {"time_ns": 5_000_001_000, "frame": 1, "offset": offset, "captured": len(DATA), "original": 900, "link_type": 113, "interface": 0}
    ]


@both_lives
@pytest.mark.parametrize(
    ("resolution", "ticks", "time_ns"),
    [
        (6, 1_500_000, 1_500_000_000),
        (9, 1_500_000_001, 1_500_000_001),
        (3, 1_500, 1_500_000_000),
        (0, 7, 7_000_000_000),
        (12, 1_500_000_000_999, 1_500_000_000),
        (40, 2**62, 4),
        (0x80 | 20, (3 << 20) + (1 << 19), 3_500_000_000),
        (0x80 | 32, (3 << 32) + (1 << 31), 3_500_000_000),
        (0x80 | 40, (3 << 40) + (1 << 39), 3_500_000_000),
        (0x80, 7, 7_000_000_000),
        (0xFF, 2**63 - 1, 1_999_999_999),
    ],
)
def test_resolutions(life: Life, resolution: int, ticks: int, time_ns: int) -> None:
    assert times(life, option(9, bytes([resolution])), ticks) == [time_ns]


@both_lives
def test_offset_of_times(life: Life) -> None:
    options = option(2, b"eth0") + option(14, struct.pack("<q", 100)) + option(0, b"") + option(9, b"\x09")
    assert times(life, options, 1_000_000) == [101_000_000_000]
    assert times(life, option(14, struct.pack("<q", -100)), 200_000_000, 1) == [100_000_000_000, 0]


@both_lives
@pytest.mark.parametrize("resolution", [0, 6, 9, 12, 0x80, 0x80 | 10, 0x80 | 63, 0xFF, 0x7F])
@pytest.mark.parametrize("offset", [0, 2**63 - 1, -(2**63)])
def test_no_time_leaves_its_bounds(life: Life, resolution: int, offset: int) -> None:
    options = option(9, bytes([resolution])) + option(14, struct.pack("<q", offset))
    assert all(0 <= time <= LATEST_NS for time in times(life, options, 0, 1, 2**32 - 1, 2**63 - 1, 2**64 - 1))


@both_lives
def test_interfaces_have_their_own_link_type_and_unit(life: Life) -> None:
    data = section() + interface(1) + enhanced(DATA, 1) + interface(101, options=option(9, b"\x09")) + enhanced(DATA, 1, number=1)
    data += enhanced(DATA, 2) + enhanced(DATA, 9, number=2)
    records, _ = walk(PcapngWalker(data), data, life)
    assert [(record["link_type"], record["interface"], record["time_ns"]) for record in records] == [
        (1, 0, 1000),
        (101, 1, 1),
        (1, 0, 2000),
        (-1, 2, 2000),
    ]


@both_lives
def test_many_interfaces(life: Life) -> None:
    data = section() + b"".join(interface(100 + number) for number in range(40)) + enhanced(DATA, 1, number=39)
    assert [record["link_type"] for record in walk(PcapngWalker(data), data, life)[0]] == [139]


@both_lives
def test_a_new_section_has_its_own_order_and_interfaces(life: Life) -> None:
    data = section(">") + interface(1, order=">") + enhanced(DATA, 1, order=">") + block(0x0BAD, b"unknown", ">")
    data += section() + interface(228) + block(4, b"\0" * 8) + enhanced(DATA, 2) + block(5, b"\0" * 12)
    records, stop = walk(PcapngWalker(data), data, life)
    assert stop == STOP_SHORT
    assert [(record["link_type"], record["time_ns"]) for record in records] == [(1, 1000), (228, 2000)]


@both_lives
@pytest.mark.parametrize(("kind", "numbers"), [(0x0BAD, [1, 3]), (0x40000BAD, [1, 3]), (9, [1, 3]), (4, [1, 2]), (0x1234, [1, 2])])
def test_frames_are_numbered_as_wireshark_does(life: Life, kind: int, numbers: list[int]) -> None:
    data = section() + interface() + enhanced(DATA, 1) + block(kind, b"\0" * 8) + enhanced(DATA, 2)
    assert [record["frame"] for record in walk(PcapngWalker(data), data, life)[0]] == numbers


@both_lives
def test_a_simple_packet_has_no_time_of_its_own(life: Life) -> None:
    data = section() + interface(1, snap=60) + simple(DATA) + enhanced(DATA, 5) + simple(DATA + b"\0" * 40, original=1500)
    walker = PcapngWalker(data)
    records, _ = walk(walker, data, life)
    assert [(record["time_ns"], record["captured"], record["original"]) for record in records] == [
        (0, 60, 61),
        (5000, 61, 61),
        (5000, 60, 1500),
    ]
    assert (walker.state.untimed, walker.snap_bytes) == (2, 60)


@both_lives
def test_a_simple_packet_before_any_interface_is_of_an_unknown_link_type(life: Life) -> None:
    data = section() + simple(DATA)
    assert [record["link_type"] for record in walk(PcapngWalker(data), data, life)[0]] == [-1]


@both_lives
def test_the_obsolete_packet_block(life: Life) -> None:
    body = struct.pack("<HHIIII", 0, 7, 0, 1_000_000, len(DATA), len(DATA)) + DATA
    data = section() + interface() + block(2, body)
    assert [(record["time_ns"], record["captured"]) for record in walk(PcapngWalker(data), data, life)[0]] == [(10**9, len(DATA))]


def damaged(at: int, value: int) -> tuple[bytes, int]:
    """Three packets, with a word of the second replaced; where the second begins."""
    blocks = [section() + interface(), enhanced(DATA, 1), enhanced(DATA, 2), enhanced(DATA, 3)]
    start = len(blocks[0]) + len(blocks[1])
    data = bytearray(b"".join(blocks))
    data[start + at : start + at + 4] = struct.pack("<I", value)
    return bytes(data), start


@both_lives
@pytest.mark.parametrize(
    ("at", "value"),
    [(4, 0), (4, 13), (4, 0x7FFFFFFF), (20, 4000), (20, 0xFFFFFFFF), (len(enhanced(DATA, 2)) - 4, 8)],
)
def test_damage_is_passed(life: Life, at: int, value: int) -> None:
    data, _ = damaged(at, value)
    records, stop = walk(PcapngWalker(data), data, life)
    assert [record["time_ns"] for record in records] == [1000, 3000]
    assert stop == STOP_SHORT


@both_lives
def test_damage_at_the_end_stays_where_it_is(life: Life) -> None:
    blocks = section() + interface() + enhanced(DATA, 1)
    data = blocks + struct.pack("<II", 6, 3) + b"\0" * 20
    walker = PcapngWalker(data)
    records, stop = walk(walker, data, life)
    assert (len(records), stop, walker.state.position) == (1, STOP_DAMAGE, len(blocks))
    assert "damaged" in str(walker.damage())


@both_lives
@pytest.mark.parametrize(
    "bad",
    [
        block(0x0A0D0D0A, b"\0" * 16),
        section()[:4] + struct.pack("<I", 16) + section()[8:],
        section()[:-4] + b"\0\0\0\0",
    ],
)
def test_a_damaged_section_header_is_passed(life: Life, bad: bytes) -> None:
    data = section() + interface() + enhanced(DATA, 1) + bad + enhanced(DATA, 2)
    assert [record["time_ns"] for record in walk(PcapngWalker(data), data, life)[0]] == [1000, 2000]


@both_lives
def test_cut_anywhere_the_whole_packets_are_found(life: Life) -> None:
    head = section() + interface(options=option(9, b"\x09"))
    data = head + enhanced(DATA, 1) + section(">") + interface(order=">") + enhanced(DATA, 2, order=">")
    first = len(head) + len(enhanced(DATA, 1))
    for cut in range(12, len(data)):
        records, stop = walk(PcapngWalker(data), data[:cut], life)
        assert len(records) == int(cut >= first) and stop == STOP_SHORT


def test_switching_lives_keeps_what_was_learnt() -> None:
    head = section() + interface(1) + interface(228, options=option(9, b"\x09")) + enhanced(DATA, 1)
    data = head + enhanced(DATA, 7, number=1) + interface(229) + enhanced(DATA, 8, number=2)
    walker = PcapngWalker(data)
    first, _ = walk(walker, data[: len(head)], Life.INTERPRETED)
    second, _ = walk(walker, data, Life.COMPILED)
    walker.live(Life.INTERPRETED)
    assert [(record["link_type"], record["time_ns"]) for record in first + second] == [(1, 1000), (228, 7), (229, 8000)]
    assert [walker.interfaces[number].link_type for number in range(3)] == [1, 228, 229]


def test_magic_numbers() -> None:
    assert PcapngWalker.knows(section()) and PcapngWalker.knows(section(">"))
    assert PcapngWalker.begins(section()[:4]) and not PcapngWalker.knows(section()[:11])
    assert not PcapngWalker.knows(section()[:8] + b"\0" * 20)
