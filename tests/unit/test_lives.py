"""One source, two lives: the same kernel gives the same result interpreted and compiled."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from estab import lives
from estab.lives import Life, compiled, kernel, row_class, rows_to_table

ROW: np.dtype[Any] = np.dtype([("seq", "u4"), ("count", "i8"), ("window", "i4", 3)], align=True)
FACTOR = 3


@kernel
def grow(row: Any, step: int) -> int:
    row.count += FACTOR * step
    return int(row.count)


@kernel
def sweep(rows: Any, step: int) -> int:
    total = 0
    for index in range(len(rows)):
        rows[index].window[index % 3] = index
        total += grow(rows[index], step + index)
    return total


@pytest.mark.parametrize("life", Life)
def test_rows_begin_with_zeros_and_have_fields_as_attributes(life: Life) -> None:
    row = life.row(ROW)
    assert (row.seq, row.count, list(row.window)) == (0, 0, [0, 0, 0])
    row.count = 7
    row.window[1] = 5
    assert (row.count, list(row.window)) == (7, [0, 5, 0])
    assert len(life.rows(ROW, 4)) == 4


def test_both_lives_compute_the_same() -> None:
    interpreted = lives.rows(ROW, 5)
    table = lives.table(ROW, 5)
    assert sweep(interpreted, 10) == compiled(sweep)(table, 10) == 3 * (10 + 11 + 12 + 13 + 14)
    assert (rows_to_table(interpreted, ROW) == table).all()


@lives.inner_kernel
def grow_within(row: Any, step: int) -> int:
    row.count += FACTOR * step
    return int(row.count)


@kernel
def sweep_within(rows: Any, step: int) -> int:
    total = 0
    for index in range(len(rows)):
        total += grow_within(rows[index], step + index)
    return total


def test_an_inner_kernel_is_a_kernel_whose_code_is_in_its_callers() -> None:
    table = lives.table(ROW, 5)
    assert sweep_within(lives.rows(ROW, 5), 10) == compiled(sweep_within)(table, 10) == 3 * (10 + 11 + 12 + 13 + 14)
    assert compiled(grow_within)(table[0], 1) == 33
    assert [lives._translated(function).targetoptions["forceinline"] for function in (grow, grow_within)] == [False, True]


def test_interpreted_rows_do_not_share_their_arrays() -> None:
    first, second = lives.rows(ROW, 2)
    first.window[0] = 1
    assert second.window == [0, 0, 0]
    assert row_class(ROW) is row_class(ROW)
    with pytest.raises(AttributeError):
        first.unheard_of = 1


def test_no_rows_are_an_empty_table() -> None:
    assert len(rows_to_table([], ROW)) == 0


def test_only_a_kernel_can_be_compiled() -> None:
    def plain(number: int) -> int:
        return number

    with pytest.raises(AssertionError, match="@kernel"):
        compiled(plain)


@pytest.mark.parametrize("place", ["", "nowhere"])
def test_without_a_writable_cache_code_is_compiled_in_memory(place: str, tmp_path: pathlib.Path) -> None:
    """A folder cannot be made below a file; an ordinary folder is used and filled."""
    (tmp_path / "nowhere").write_text("a file")
    source = "from estab import lives, seq\nprint(lives.compiled(seq.distance)(0, 0xFFFFFFFF), lives.is_cached(seq.distance))"
    done = subprocess.run(
        [sys.executable, "-c", source],
        cwd=pathlib.Path(lives.__file__).parents[1],
        env={"ESTAB_CACHE_DIR": str(tmp_path / place), "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["1", str(place == "")]


def test_compiled_code_of_old_versions_is_removed(tmp_path: pathlib.Path) -> None:
    for age in range(7):
        old = tmp_path / "estab" / f"kernels-{age}"
        old.mkdir(parents=True)
        os.utime(old, ns=(1, 10**18 - age * 10**9))
    program = "from estab import lives; assert lives.can_cache()"
    subprocess.run([sys.executable, "-c", program], env={**os.environ, "ESTAB_CACHE_DIR": str(tmp_path)}, check=True)
    kept = {path.name for path in (tmp_path / "estab").iterdir()}
    assert {"kernels-0", "kernels-1", "kernels-2"} < kept and len(kept) == lives.VERSIONS_KEPT


PROGRAM = """
import sys
import numpy as np
from estab import lives

@lives.kernel
def inner(number: int) -> int:
    return number * FACTOR

@lives.kernel
def outer(numbers, more: int) -> int:
    numbers[0] += 1
    return inner(more) + len(numbers)

FACTOR = int(sys.argv[1])
print(lives.is_cached(outer), lives.compiled(outer)(np.zeros(int(sys.argv[2]), sys.argv[3]), 5), "numba" in sys.modules)
"""


def test_code_is_loaded_without_the_compiler_until_anything_in_it_changes(tmp_path: pathlib.Path) -> None:
    """The constant that the called kernel uses, or the type of an argument; the number of items is no part of the code."""

    def run(factor: int, length: int, kind: str) -> str:
        command = [sys.executable, "-c", PROGRAM, str(factor), str(length), kind]
        return subprocess.run(
            command, env={**os.environ, "ESTAB_CACHE_DIR": str(tmp_path)}, capture_output=True, text=True, check=True
        ).stdout.strip()

    assert run(3, 2, "i8") == "False 17 True"
    assert run(3, 4, "i8") == "True 19 False"
    assert run(3, 2, "i4") == "True 17 True"  # of the kernel there is code, but not for such arguments
    assert run(4, 2, "i8") == "False 22 True"
    kept = list(tmp_path.rglob("*.o"))
    assert len(kept) == 3
    for path in kept:
        path.write_bytes(path.read_bytes()[:-1])
    assert run(4, 2, "i8") == "True 22 True", "a damaged file is not loaded"
    assert run(4, 2, "i8") == "True 22 False"


def test_only_the_latest_versions_of_a_kernel_are_kept(tmp_path: pathlib.Path) -> None:
    for factor in range(lives.VERSIONS_KEPT + 2):
        environment = {**os.environ, "ESTAB_CACHE_DIR": str(tmp_path)}
        subprocess.run([sys.executable, "-c", PROGRAM, str(factor), "1", "i8"], env=environment, capture_output=True, check=True)
    assert len(list(tmp_path.rglob("*.o"))) == lives.VERSIONS_KEPT
