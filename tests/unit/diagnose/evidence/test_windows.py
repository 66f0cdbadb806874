"""What holds a sender at the receiver's window, and how that shows."""

from __future__ import annotations

import pytest

from estab.diagnose.evidence import windows
from estab.diagnose.facts import SERVER
from tests.rules.conversation import Capture
from tests.rules.transfers import SIZE, Transfer


@pytest.fixture
def capture() -> Capture:
    return Capture()


def fill(capture: Capture, times: int, *, window: int = 4, wait: str = "20ms") -> None:
    transfer = Transfer(capture, window=window * SIZE)
    for number in range(0, 4 * times, 4):
        transfer.send(number, number + 1, number + 2, number + 3).wait(wait).ack(number + 4)


def test_time_at_the_edge(capture: Capture) -> None:
    fill(capture, 50)
    facts = capture.facts()
    assert 0.95 < float(windows.blocked_share(facts, SERVER)[0]) <= 1 and bool(windows.held(facts, SERVER)[0])
    assert int(windows.path_rtt_ns(facts, SERVER)[0]) == pytest.approx(20_000_000, rel=0.01)
    assert float(windows.rate(facts, SERVER)[0]) == pytest.approx(4 * SIZE / 0.02, rel=0.05)


def test_an_open_window_holds_nobody(capture: Capture) -> None:
    fill(capture, 50, window=40)
    facts = capture.facts()
    assert float(windows.blocked_share(facts, SERVER)[0]) == 0 and not windows.held(facts, SERVER)[0]


def test_a_moment_is_not_worth_a_word(capture: Capture) -> None:
    fill(capture, 6)
    assert not windows.held(capture.facts(), SERVER)[0]


def test_one_window_each_round_trip(capture: Capture) -> None:
    fill(capture, 50)
    facts = capture.facts()
    assert bool(windows.bound_by_product(facts, SERVER)[0]) and not windows.reads_late(facts, SERVER)[0]


def test_withheld_acknowledgements_of_a_tiny_window_prove_a_slow_reader(capture: Capture) -> None:
    fill(capture, 50, wait="70ms")  # the handshake took 20 ms
    facts = capture.facts()
    assert bool(windows.reads_late(facts, SERVER)[0]) and not windows.bound_by_product(facts, SERVER)[0]


def test_one_long_stop_at_zero_stands_by_itself(capture: Capture) -> None:
    transfer = Transfer(capture, window=4 * SIZE).send(0, 1, 2, 3).ack(4, window=0).wait("3s")
    facts = capture.facts()
    assert bool(windows.stood_still(facts, SERVER)[0])
    transfer.ack(4)
    assert bool(windows.stood_still(capture.facts(), SERVER)[0])


def test_a_sender_that_stops_short_of_the_last_byte_is_held_too(capture: Capture) -> None:
    """The window holds two segments and a bit: no segment ever fills it, and yet the sender waits most of the time."""
    transfer = Transfer(capture, window=2 * SIZE + 100)
    for number in range(0, 24, 2):
        transfer.send(number, number + 1).wait("40ms").ack(number + 2)
    facts = capture.facts()
    assert int(facts.connections.server.window_fulls[0]) == 0 and bool(windows.held(facts, SERVER)[0])
