"""Machine code: how arguments are taken apart, what comes back, what is refused."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from estab.errors import MisuseError
from estab.lives import compiled, kernel
from estab.native import ObjectFile, flat, host, shape_of

ROW: np.dtype[Any] = np.dtype([("number", "i8"), ("mark", "u2")], align=True)


class Pair(NamedTuple):
    first: Any
    second: Any


@kernel
def weigh(flags: Any, numbers: Any, row: Any, pair: Any, by: int) -> int:
    row.number += by
    numbers[1, 0] = row.number
    return int(pair.first[0]) * 1000 + int(pair.second[-1]) * 100 + int(flags[by]) * 10 + len(numbers)


@kernel
def is_above(one: int, other: int) -> bool:
    return one > other


@kernel
def put(rows: Any, number: int) -> None:
    rows[1].number = number
    rows[1].mark = 7


@kernel
def split(number: int) -> tuple[int, int]:
    return number // 10, number % 10


def test_arguments_of_all_kinds_arrive() -> None:
    numbers, row = np.zeros((4, 2), np.int64), np.zeros(3, ROW).view(np.recarray)[1]
    pair = Pair(np.array([3], np.uint16), np.arange(10)[::2])
    for times in (1, 2):
        assert compiled(weigh)(np.frombuffer(b"\x00\x05", np.uint8), numbers, row, pair, 1) == 3854
        assert (row.number, numbers[1].tolist()) == (times, [times, 0])


def test_results_of_all_kinds_come_back() -> None:
    assert [compiled(is_above)(3, other) for other in (2, 3, -4)] == [True, False, True]
    rows = np.zeros(3, ROW)
    assert compiled(put)(rows[1:], -5) is None
    assert rows.tolist() == [(0, 0), (0, 0), (-5, 7)]
    with pytest.raises(MisuseError, match="one integer or nothing"):
        compiled(split)(42)


def test_the_shape_is_what_the_code_depends_on_and_no_more() -> None:
    rows = np.zeros(4, ROW)
    same = [shape_of([rows, 1]), shape_of([rows[1:], np.int32(-7)]), shape_of([np.zeros(0, ROW), True])]
    assert len(set(same)) == 1
    readonly = rows[:]
    readonly.flags.writeable = False
    others = [shape_of([other, 1]) for other in (rows[::2], readonly, rows["number"], rows.reshape(2, 2), rows.view(np.recarray)[0])]
    assert len({*same, *others, shape_of([(rows, 1)]), shape_of([Pair(rows, 1)])}) == 8
    with pytest.raises(MisuseError, match="float"):
        shape_of([1.5])


def test_an_array_is_taken_apart_as_the_compiler_does() -> None:
    column = np.zeros(6, np.int32).reshape(2, 3)[:, 1]
    assert list(flat([column, 9])) == [0, 0, 2, 4, column.ctypes.data, 2, 12, 9]


def test_a_damaged_file_is_noticed() -> None:
    made = ObjectFile("symbol", "int64", b"\x7fELF\n...")
    whole = made.packed()
    assert ObjectFile.unpacked(whole) == made
    for damaged in (whole[:-1], whole.replace(b"int64", b"float"), whole.replace(b"ELF", b"ELV"), whole[9:], b"\xff\n", b""):
        assert ObjectFile.unpacked(damaged) is None, damaged


def test_the_host_is_named_the_same_each_time() -> None:
    assert host() == host() and len(host().split()) >= 2
