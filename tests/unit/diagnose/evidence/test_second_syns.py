"""A first SYN that was special and went unheard, and a plain second one that was answered."""

from __future__ import annotations

import pytest

from estab.diagnose.evidence import second_syns
from estab.wire.columns import OPT_FAST_OPEN
from tests.rules.conversation import Capture


@pytest.fixture
def capture() -> Capture:
    return Capture()


def attempt(capture: Capture, first: str, second: str, *, data: int = 0, pause: str = "1s", covers: int = 1) -> None:
    talk = capture.talk().client(first, data=data, options=OPT_FAST_OPEN if data else 0).wait(pause)
    isn = talk.ends["client"].isn
    talk.client(second, seq=isn).wait("20ms").server("SA", ack=isn + covers).client("A", seq=isn + 1)


def test_ecn(capture: Capture) -> None:
    attempt(capture, "SEC", "S")
    attempt(capture, "SEC", "SEC")
    attempt(capture, "S", "S")
    facts = capture.facts()
    assert second_syns.asks_ecn(facts).tolist() == [True, True, False]
    assert second_syns.asked_ecn_in_vain(facts).tolist() == [True, False, False]
    assert second_syns.kin(facts, 0).tolist() == [0, 1, 2]


def test_data(capture: Capture) -> None:
    attempt(capture, "S", "S", data=300)
    attempt(capture, "S", "S", data=300, covers=301)  # taken after all
    attempt(capture, "S", "S")
    facts = capture.facts()
    assert second_syns.carries_data(facts).tolist() == [True, True, False]
    assert second_syns.carried_data_in_vain(facts).tolist() == [True, False, False]
