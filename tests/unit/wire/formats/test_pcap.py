"""pcap files: byte orders, units of time, versions, damage."""

from __future__ import annotations

import struct

import pytest

from estab.lives import Life
from estab.wire.formats.pcap import PcapWalker
from estab.wire.formats.walker import STOP_DAMAGE, STOP_SHORT
from tests.unit.wire.formats.walks import walk
from tests.unit.wire.frames import both_lives, frame, pcap

FRAMES = [frame(b"x" * size) for size in range(5)]


@both_lives
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "unit_ns"), [(0xA1B2C3D4, 1000), (0xA1B23C4D, 1)])
def test_records_in_all_clothes(life: Life, order: str, magic: int, unit_ns: int) -> None:
    units = 10**9 // unit_ns
    data = pcap([(units * 3 + 7, FRAMES[0]), (units * 4, FRAMES[1], 1500)], order=order, magic=magic, link_type=113)
    records, stop = walk(PcapWalker(data), data, life)
    assert stop == STOP_SHORT
    assert records == [
        {"time_ns": 3 * 10**9 + 7 * unit_ns, "frame": 1, "offset": 40, "captured": 54, "original": 54, "link_type": 113, "interface": 0},
        {"time_ns": 4 * 10**9, "frame": 2, "offset": 110, "captured": 55, "original": 1500, "link_type": 113, "interface": 0},
    ]


@both_lives
def test_records_of_old_linux_are_longer(life: Life) -> None:
    plain = pcap(FRAMES[:1], magic=0xA1B2CD34)
    data = plain[:40] + b"\0" * 8 + plain[40:]
    records, _ = walk(PcapWalker(data), data, life)
    assert [record["offset"] for record in records] == [48]


@both_lives
@pytest.mark.parametrize(("minor", "swapped"), [(2, True), (3, True), (3, False), (4, False)])
def test_lengths_the_other_way_round(life: Life, minor: int, swapped: bool) -> None:
    data = bytearray(pcap([(0, FRAMES[0], 900)], minor=minor))
    if swapped:
        data[32:40] = struct.pack("<II", 900, 54)
    records, _ = walk(PcapWalker(bytes(data)), bytes(data), life)
    assert [(record["captured"], record["original"]) for record in records] == [(54, 900)]


@both_lives
def test_an_original_length_below_the_captured_one_is_raised(life: Life) -> None:
    data = pcap([(0, FRAMES[0], 10)])
    assert walk(PcapWalker(data), data, life)[0][0]["original"] == 54


@both_lives
@pytest.mark.parametrize("length", [262_145, 0x7FFFFFFF, 0xFFFFFFFF])
def test_an_impossible_length_is_damage_at_its_record(life: Life, length: int) -> None:
    data = bytearray(pcap(FRAMES))
    at = 24 + sum(16 + len(one) for one in FRAMES[:3])
    data[at + 8 : at + 12] = struct.pack("<I", length)
    walker = PcapWalker(bytes(data))
    records, stop = walk(walker, bytes(data), life)
    assert (len(records), stop, walker.state.position) == (3, STOP_DAMAGE, at)
    assert "impossible" in str(walker.damage())


@both_lives
def test_a_large_snap_length_allows_large_records(life: Life) -> None:
    data = pcap([b"\0" * 300_000], snap=400_000)
    assert walk(PcapWalker(data), data, life)[0][0]["captured"] == 300_000


@both_lives
def test_cut_anywhere_the_whole_records_are_found(life: Life) -> None:
    data = pcap(FRAMES)
    ends = [24 + sum(16 + len(one) for one in FRAMES[: count + 1]) for count in range(len(FRAMES))]
    for cut in range(24, len(data)):
        records, stop = walk(PcapWalker(data), data[:cut], life)
        assert stop == STOP_SHORT
        assert len(records) == sum(end <= cut for end in ends)


def test_magic_numbers() -> None:
    assert PcapWalker.knows(pcap([])) and PcapWalker.begins(pcap([])[:4])
    assert not PcapWalker.knows(pcap([])[:23])
    assert not PcapWalker.begins(b"\xd4\xc3\xb2") and not PcapWalker.begins(b"\n\r\r\n")


def test_the_upper_half_of_the_link_type_is_none_of_it() -> None:
    data = pcap(FRAMES, link_type=0x24000001)
    assert walk(PcapWalker(data), data, Life.INTERPRETED)[0][0]["link_type"] == 1
