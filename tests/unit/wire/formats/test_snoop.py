"""snoop files."""

from __future__ import annotations

import struct

import pytest

from estab.lives import Life
from estab.wire.formats.snoop import SnoopWalker
from estab.wire.formats.walker import STOP_DAMAGE, STOP_SHORT
from tests.unit.wire.formats.walks import walk
from tests.unit.wire.frames import both_lives, frame, snoop

FILE = snoop([(1_500_000, frame(b"x")), (2_000_001, frame())])


@both_lives
@pytest.mark.parametrize(("link", "link_type"), [(0, 1), (4, 1), (8, 10), (5, -1)])
def test_records(life: Life, link: int, link_type: int) -> None:
    data = snoop([(1_500_000, frame(b"x")), (2_000_001, frame())], link)
    records, stop = walk(SnoopWalker(data), data, life)
    assert stop == STOP_SHORT
    assert [(record["time_ns"], record["frame"], record["offset"], record["captured"], record["link_type"]) for record in records] == [
        (1_500_000_000, 1, 40, 55, link_type),
        (2_000_001_000, 2, 120, 54, link_type),
    ]


@both_lives
@pytest.mark.parametrize(("field", "value"), [(4, 0x7FFFFFFF), (8, 10), (8, 60), (8, 0x7FFFFFFF)])
def test_impossible_lengths_are_damage(life: Life, field: int, value: int) -> None:
    data = bytearray(FILE)
    data[16 + field : 20 + field] = struct.pack(">I", value)
    walker = SnoopWalker(bytes(data))
    assert walk(walker, bytes(data), life) == ([], STOP_DAMAGE)
    assert "impossible" in str(walker.damage())


@both_lives
def test_cut_anywhere(life: Life) -> None:
    for cut in range(16, len(FILE)):
        records, stop = walk(SnoopWalker(FILE), FILE[:cut], life)
        assert (len(records), stop) == (int(cut >= 96), STOP_SHORT)


def test_magic_numbers() -> None:
    assert SnoopWalker.knows(FILE) and SnoopWalker.begins(FILE[:8])
    assert not SnoopWalker.knows(FILE[:15]) and not SnoopWalker.begins(b"snoopy\0\0")
