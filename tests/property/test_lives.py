"""One tracker in two lives: whatever comes, interpreted and compiled say the same, however it is cut into chunks."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estab.capture.reader import Reader
from estab.errors import InputError
from estab.lives import Life, rows_to_table
from estab.track import Tracker, loop
from estab.track.records import TRANSITIONS_MAX
from estab.wire.columns import PACKET
from tests.conftest import ROOT
from tests.property.runs import Outcome, compiled, interpreted, moving
from tests.property.traffic import DRAWS, Draw, random_draws, traffic

SIZES = st.lists(st.integers(0, 20), max_size=6)
FOLDERS = (ROOT / "tests" / "data" / "captures", ROOT.parent / "shared" / "captures")
CAPTURES = sorted(path for folder in FOLDERS if folder.is_dir() for path in folder.iterdir() if ".pcap" in path.name)


@given(DRAWS, SIZES)
@settings(max_examples=200)
def test_both_lives_say_the_same(draws: list[Draw], sizes: list[int]) -> None:
    rows = traffic(draws)
    assert interpreted(rows).differences(compiled(rows, sizes)) == []


@pytest.mark.parametrize("seed", range(4))
def test_both_lives_say_the_same_of_long_sequences(seed: int) -> None:
    rows = traffic(random_draws(seed, 3_000), pairs=40, slowly=bool(seed & 1))
    assert interpreted(rows).differences(compiled(rows)) == []


@given(DRAWS, SIZES)
def test_chunks_do_not_matter(draws: list[Draw], sizes: list[int]) -> None:
    rows = traffic(draws)
    assert interpreted(rows).differences(interpreted(rows, sizes)) == []


@given(DRAWS, st.integers(0, 60))
def test_moving_to_the_compiled_life_changes_nothing(draws: list[Draw], place: int) -> None:
    rows = traffic(draws)
    assert interpreted(rows).differences(moving(rows, min(place, len(rows)))) == []


def test_growing_tables_lose_nothing() -> None:
    """More new connections and more changes of state than the first tables hold, in every way of running."""
    rows = traffic(random_draws(9, 4_000), pairs=900)
    whole = interpreted(rows)
    assert len(whole.tables["connection"]) > 500
    assert len(whole.tables["transition"]) > 2_000
    for other in (interpreted(rows, [1] * 500), compiled(rows, [7] * 300), moving(rows, 1_500)):
        assert whole.differences(other) == []


def test_a_long_quarrel_stays_bounded() -> None:
    """A log of one side ends at TRANSITIONS_MAX, whatever is sent."""
    rows = traffic(random_draws(10, 4_000), pairs=1, slowly=False)
    logged: dict[tuple[int, int], int] = {}
    for entry in interpreted(rows).tables["transition"]:
        key = int(entry["connection"]), int(entry["side"])
        logged[key] = logged.get(key, 0) + 1
    assert max(logged.values()) <= TRANSITIONS_MAX


@contextlib.contextmanager
def never_settled() -> Iterator[None]:
    """Asks everything of every packet."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "is_settled", lambda *_: False)
        yield


@given(DRAWS)
@settings(max_examples=200)
def test_where_both_sides_are_settled_nothing_would_have_come_out(draws: list[Draw]) -> None:
    rows = traffic(draws)
    short = interpreted(rows)
    with never_settled():
        assert short.differences(interpreted(rows)) == []


def test_captures_are_there() -> None:
    assert len(CAPTURES) > 20


def rows_of(path: pathlib.Path) -> list[Any]:
    """Interpreted rows of a capture, read to its end; the reader reuses its own."""
    found: list[Any] = []
    with Reader([path], life=Life.INTERPRETED) as reader:
        for chunk in reader:
            found += [copy_of(row) for row in chunk.rows[: chunk.count]]
    return found


def copy_of(row: Any) -> Any:
    copied = Life.INTERPRETED.rows(PACKET, 1)[0]
    for name in PACKET.names or ():
        setattr(copied, name, getattr(row, name))
    return copied


@pytest.mark.parametrize("path", CAPTURES[::3], ids=lambda path: path.name)
def test_where_both_sides_of_a_capture_are_settled_nothing_would_have_come_out(path: pathlib.Path) -> None:
    try:
        rows = rows_of(path)
    except InputError:
        return
    short = interpreted(rows)
    with never_settled():
        assert short.differences(interpreted(rows)) == []


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_both_lives_say_the_same_of_captures(path: pathlib.Path) -> None:
    try:
        rows = rows_of(path)
    except InputError:
        with pytest.raises(InputError), Reader([path], life=Life.COMPILED) as reader:
            list(reader)
        return
    whole = interpreted(rows)
    assert whole.differences(compiled(rows)) == []
    assert whole.differences(compiled_from_file(path)) == []


def compiled_from_file(path: pathlib.Path) -> Outcome:
    """Read and tracked compiled, in chunks of the reader's choice."""
    tracker, seen = Tracker(), []
    with Reader([path], life=Life.COMPILED) as reader:
        for chunk in reader:
            tracker.feed(chunk.rows, chunk.count, chunk.life)
            seen.append(chunk.rows[: chunk.count].copy())
    return Outcome(tracker, np.concatenate(seen) if seen else rows_to_table([], PACKET))
