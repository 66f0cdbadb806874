from __future__ import annotations

from typing import Any

from estab.engine.sending.outgoing import Action
from estab.engine.sending.variables import PROBE
from tests.unit.engine.sending.line import Line


def closed(**knobs: Any) -> Line:
    """A connection whose peer has closed its window while 1000 bytes wait."""
    line = Line(**knobs)
    line.write(1_000)
    line.ack(1_001, after=100, window=0)
    assert line.write(1_000) == []
    return line


def test_probes_lie_below_what_is_acknowledged_and_double() -> None:
    line = closed()
    assert line.wait(5_000) == [(300, ["W 1000"]), (900, ["W 1000"]), (2_100, ["W 1000"]), (4_500, ["W 1000"])]
    assert line.verdict.action is Action.PROBED_WINDOW
    info = line.sender.info(line.now_ns)
    assert (info["probes"], info["backoff"]) == (4, 4)


def test_an_answer_that_keeps_the_window_closed_keeps_the_wait_and_forgives_the_probes() -> None:
    line = closed()
    line.wait(2_100)
    line.ack(1_001, window=0)
    assert line.sender.info(line.now_ns)["probes"] == 0
    assert line.wait(2_500) == [(2_400, ["W 1000"])]


def test_a_connection_lives_for_ever_while_its_probes_are_answered() -> None:
    line = closed(tcp_retries2=3)
    for _ in range(50):
        due = line.sender.deadline()
        assert due is not None
        assert [words for _, words in line.wait((due - line.now_ns) / 1e6)] == [["W 1000"]]
        line.ack(1_001, window=0)
    assert line.at > 100_000


def test_an_opening_sends_at_once_and_ends_the_probing() -> None:
    line = closed()
    line.wait(2_100)
    assert line.ack(1_001, after=10, window=5_000) == ["1001:2001"]
    assert line.sender.info(line.now_ns)["backoff"] == 0
    assert line.sender.timer_kind != PROBE


def test_a_window_too_small_for_what_waits_gets_a_piece_that_fits_it() -> None:
    line = closed()
    line.ack(1_001, after=10, window=300)
    assert line.wait(400) == [(300, ["1001:1301"])]
    assert line.raw[0].psh
    assert line.ack(1_301, after=10, window=2_000) == ["1301:2001"]


def test_a_closed_window_with_a_fin_waiting_is_probed_too() -> None:
    line = Line(window=1_000)
    line.write(1_000)
    line.ack(1_001, after=100, window=0)
    assert line.close() == []
    assert line.wait(400) == [(300, ["W 1000"])]
    assert line.ack(1_001, window=1) == ["1001:1001F"]


def test_urgent_data_behind_a_closed_window_is_announced_by_the_probe() -> None:
    line = Line(window=1_000)
    line.write(1_000)
    line.ack(1_001, after=100, window=0)
    line.write(10, urgent=True)
    assert line.wait(400) == [(300, ["W 1001"])]
    assert line.raw[0].urgent_position == 1_010


def test_waking_the_peer_sends_data_if_some_fits_and_a_probe_otherwise() -> None:
    line = Line()
    line.sender.wake_peer(line.now_ns)
    assert line.sent() == ["W 0"]
