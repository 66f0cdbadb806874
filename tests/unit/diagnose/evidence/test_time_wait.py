"""TIME-WAIT is kept for a minute, by the side that closed first and in order."""

from __future__ import annotations

import numpy as np
import pytest

from estab.diagnose.evidence.time_wait import in_time_wait, peak, waiting_at_end
from estab.diagnose.facts import CLIENT, SERVER
from estab.instant import SECOND_NS
from tests.rules.conversation import Capture, Conversation


def kept(capture: Capture) -> tuple[list[bool], list[bool]]:
    facts = capture.facts()
    return in_time_wait(facts, CLIENT).tolist(), in_time_wait(facts, SERVER).tolist()


def opened(capture: Capture) -> Conversation:
    return capture.talk().open().client("PA", data=10).server("PA", data=10)


def test_the_side_that_closed_first_keeps_it() -> None:
    capture = Capture()
    opened(capture).client("FA").server("FA").client("A")
    opened(capture).server("FA").client("FA").server("A")
    opened(capture).client("FA").server("A").wait("1s").server("PA", data=10).server("FA").client("A")
    assert kept(capture) == ([True, False, True], [False, True, False])


def test_a_close_that_is_not_finished_leaves_none_yet() -> None:
    capture = Capture()
    opened(capture).client("FA").server("FA")  # the last ACK is missing
    opened(capture).client("FA").server("A")  # FIN-WAIT-2
    opened(capture)
    assert kept(capture) == ([False] * 3, [False] * 3)


@pytest.mark.parametrize("resetting", ["client", "server"])
def test_a_reset_ends_it(resetting: str) -> None:
    capture = Capture()
    talk = opened(capture).client("FA").server("FA").client("A")
    getattr(talk, resetting)("R")
    assert kept(capture) == ([False], [False])


@pytest.mark.parametrize(
    ("seconds", "most"),
    [
        ([], 0),
        ([5], 1),
        ([5, 5, 5], 3),
        ([0, 59, 118], 2),
        ([0, 60], 1),  # the first has ended in the moment in which the second begins
        ([0, 1, 2, 100, 101, 161], 3),
        ([200, 100, 0], 1),  # in any order
        ([101, 0, 159, 2, 100, 130], 4),
    ],
)
def test_the_peak_is_within_a_minute(seconds: list[int], most: int) -> None:
    assert peak(np.array(seconds, np.int64) * SECOND_NS) == most


def test_the_minute_is_exact() -> None:
    assert (peak(np.array([0, 59_999_999_999])), peak(np.array([0, 60_000_000_000]))) == (2, 1)


def test_those_of_the_last_minute_wait_at_the_end() -> None:
    capture = Capture()
    opened(capture).close()
    capture.wait("2s")
    for _ in range(2):
        opened(capture).close()
    capture.wait("59s")
    facts = capture.facts()
    assert waiting_at_end(facts, np.array([0, 1, 2])) == 2
    assert waiting_at_end(facts, np.array([0])) == 0 and waiting_at_end(facts, np.array([2])) == 1
    assert waiting_at_end(facts, np.zeros(0, np.int64)) == 0
