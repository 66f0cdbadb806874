"""Rows in time order: late ones are moved, steps of the clock are not taken for lateness."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estab.capture import order
from estab.capture.order import LATE_NS, Block, TimeOrder, sort_blocks
from estab.lives import Life
from tests.unit.capture.rows import block_of, column
from tests.unit.wire.frames import both_lives

S = 1_000_000_000


def ordered(life: Life, times: list[int], size: int) -> tuple[list[int], list[int], TimeOrder]:
    """Times and frames as they come out when the rows go in in blocks of `size`."""
    making = TimeOrder("x.pcap")
    out: list[Block] = []
    for start in range(0, len(times), size):
        part = times[start : start + size]
        backward = any(later < earlier for earlier, later in itertools.pairwise(part))
        out.extend(making.push(block_of(life, part, start + 1), backward=backward))
    out.extend(making.flush())
    return (
        [time for block in out for time in column(block, "time_ns")],
        [frame for block in out for frame in column(block, "frame")],
        making,
    )


def notes(making: TimeOrder) -> list[str]:
    return [str(note) for note in making.notes()]


@both_lives
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_late_rows_are_moved_stably(life: Life, size: int) -> None:
    times, frames, making = ordered(life, [10, 30, 20, 20, 40, 5, 50], size)
    assert times == [5, 10, 20, 20, 30, 40, 50]
    assert frames == [6, 1, 3, 4, 2, 5, 7]
    assert notes(making) == []


@both_lives
def test_rows_in_order_pass_without_a_change(life: Life) -> None:
    making = TimeOrder("x.pcap")
    first, second = block_of(life, [0, 1, S]), block_of(life, [S, 3 * S])
    assert making.push(first, backward=False) == []
    assert making.push(second, backward=False) == [first]
    assert making.flush() == [second]


@both_lives
@pytest.mark.parametrize("size", [1, 2, 100])
def test_a_step_back_raises_what_follows_until_the_clock_is_right_again(life: Life, size: int) -> None:
    raw = [10 * S, 11 * S, 5 * S, 6 * S, 12 * S, 13 * S]
    times, frames, making = ordered(life, raw, size)
    assert times == [10 * S, 11 * S, 11 * S, 12 * S, 12 * S, 13 * S]
    assert frames == [1, 2, 3, 4, 5, 6]
    assert notes(making) == ["x.pcap: the clock stepped back by 6 s at frame 3"]


@both_lives
def test_lateness_ends_where_a_step_begins(life: Life) -> None:
    assert ordered(life, [5 * S, 5 * S - LATE_NS, 6 * S], 2)[0] == [5 * S - LATE_NS, 5 * S, 6 * S]
    assert ordered(life, [5 * S, 5 * S - LATE_NS - 1, 6 * S], 2)[0] == [5 * S, 5 * S, 6 * S]


@both_lives
def test_steps_beyond_the_first_are_counted(life: Life) -> None:
    making = ordered(life, [100 * S - number * 5 * S for number in range(15)], 4)[2]
    assert len(notes(making)) == order.MOST_STEPS + 1
    assert notes(making)[-1] == "x.pcap: the clock stepped back 14 times"


@both_lives
@pytest.mark.parametrize("size", [1, 100])
def test_absurd_times_that_step_back_again_and_again_stay_within_63_bits(life: Life, size: int) -> None:
    latest = 4_294_967_295 * S
    times, frames, making = ordered(life, [1, latest, 1, latest - 2 * S, 1, latest - 2 * S, 2, latest, 1, latest - 2 * S], size)
    assert times == sorted(times) and times[-1] == order.LATEST_NS
    assert sorted(frames) == list(range(1, 11)) and len(notes(making)) > 2


def test_a_row_goes_no_further_back_than_the_group_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are let go while the second runs; the one that comes too late for them is raised to the last of them.

    Interpreted only: the width of a group is frozen into compiled code. The real width is tried in both lives below.
    """
    monkeypatch.setattr(order, "WINDOW_ROWS", 4)
    times, frames, making = ordered(Life.INTERPRETED, [*range(100, 116), 1], 2)
    assert times == [*range(100, 112), 111, 112, 113, 114, 115][:17]
    assert frames[12] == 17 and notes(making) == []


@st.composite
def captures(draw: st.DrawFn) -> list[int]:
    """Times that mostly grow, with late rows, ties and steps of the clock."""
    now = 50 * S
    times = []
    for kind in draw(st.lists(st.sampled_from("...==lLsSj"), max_size=40)):
        now += {".": 1000, "=": 0, "l": 0, "L": 0, "s": -5 * S, "S": -20 * S, "j": 7 * S}[kind]
        times.append(max(now - {"l": 300, "L": LATE_NS - 1}.get(kind, 0), 1))
    return times


@given(captures(), st.integers(1, 9))
def test_the_result_depends_neither_on_blocks_nor_on_the_life(times: list[int], size: int) -> None:
    whole = ordered(Life.INTERPRETED, times, 1000)
    assert whole[0] == sorted(whole[0])
    assert sorted(whole[1]) == list(range(1, len(times) + 1))
    for life in Life:
        pieces = ordered(life, times, size)
        assert pieces[:2] == whole[:2] and notes(pieces[2]) == notes(whole[2])


def test_groups_of_the_real_width_give_the_same_in_both_lives() -> None:
    chance = random.Random(7)
    times = [1000 * number - (chance.randrange(40_000_000) if chance.random() < 0.01 else 0) + S for number in range(60_000)]
    assert max(times[:20_000]) - min(times[20_000:]) > 1000 * order.WINDOW_ROWS  # some come too late for their place
    one, other, third = ordered(Life.INTERPRETED, times, 4096), ordered(Life.COMPILED, times, 32_768), ordered(Life.COMPILED, times, 5000)
    assert one[:2] == other[:2] == third[:2]
    assert one[0] == sorted(one[0])
    assert notes(one[2]) == []


def test_what_is_held_back_is_bounded() -> None:
    making = TimeOrder("x.pcap")
    for number in range(100):
        making.push(block_of(Life.INTERPRETED, list(range(number * 1000, number * 1000 + 1000)), number * 1000), backward=False)
        assert sum(block.count for block in making._held) <= 2 * order.WINDOW_ROWS + 1000


def test_switching_lives_between_blocks() -> None:
    making = TimeOrder("x.pcap")
    out = making.push(block_of(Life.INTERPRETED, [10, 20, 30]), backward=False)
    out += making.push(block_of(Life.COMPILED, [25, 40, 5], 4), backward=True)
    out += making.flush()
    assert [time for block in out for time in column(block, "time_ns")] == [5, 10, 20, 25, 30, 40]
    assert [frame for block in out for frame in column(block, "frame")] == [6, 1, 2, 4, 3, 5]
    assert all(block.life is Life.COMPILED for block in out)


@both_lives
def test_sorting_keeps_each_block_its_size_and_table(life: Life) -> None:
    blocks = [block_of(life, [5, 9]), block_of(life, [1, 7, 6], 3)]
    tables = [block.rows for block in blocks]
    sort_blocks(blocks)
    assert [column(block, "time_ns") for block in blocks] == [[1, 5], [6, 7, 9]]
    assert all(block.rows is table for block, table in zip(blocks, tables, strict=True))
