from __future__ import annotations

import pytest

from estab.flow import Endpoint
from estab.lab import truth
from estab.lab.packets import copy_of
from estab.lab.truth import Truth
from estab.lab.world import World
from estab.machine.states import State
from estab.wire.segment import ACK, SYN, Packet, Segment


class Changed:
    """As the stack tells it."""

    local, remote = Endpoint("10.0.0.1", 1), Endpoint("10.0.0.2", 2)

    def __init__(self, new: State, old: State = State.SYN_SENT) -> None:
        self.new, self.old = new, old


def packet(seq: int) -> Packet:
    return Packet("10.0.0.1", 1, "10.0.0.2", 2, Segment(seq, 0, ACK, 0))


def test_a_segment_is_known_with_the_state_in_which_it_was_sent() -> None:
    known, host = Truth(), World().host("one")
    known.changed(host, Changed(State.ESTABLISHED), answering=True)
    first = packet(1)
    known.emitted(host, first)
    known.changed(host, Changed(State.FIN_WAIT_1), answering=False)
    assert known.end(("one", "10.0.0.1", 1, "10.0.0.2", 2)).silent
    known.emitted(host, packet(2))
    translated = copy_of(first)
    translated.source = "203.0.113.1"
    said = known.said(translated)
    assert said is not None and (said.state, said.number, said.end.state, said.end.emitted) == (State.ESTABLISHED, 1, State.FIN_WAIT_1, 2)
    assert not said.end.silent and known.said(packet(1)) is None


def test_each_connection_of_a_four_tuple_is_a_life_of_its_end() -> None:
    known, host = Truth(), World().host("one")
    lives: list[int] = []
    for new, old in ((State.SYN_SENT, State.CLOSED), (State.ESTABLISHED, State.SYN_SENT), (State.SYN_RECEIVED, State.LISTEN)):
        known.changed(host, Changed(new, old), answering=True)
        one = packet(len(lives))
        known.emitted(host, one)
        said = known.said(one)
        assert said is not None
        lives.append(said.life)
    assert lives == [1, 1, 2]


def test_a_listener_that_keeps_nothing_counts_as_in_syn_received() -> None:
    known, host = Truth(), World().host("one")
    cookie = Packet("10.0.0.1", 1, "10.0.0.2", 2, Segment(7, 9, SYN | ACK, 0))
    known.emitted(host, cookie)
    said = known.said(cookie)
    assert said is not None and said.state is said.end.state is State.SYN_RECEIVED


def test_what_was_made_before_its_end_was_forgotten() -> None:
    """The last ACK of a connection for which there is no room in TIME-WAIT leaves when nothing is left of it."""
    known, host = Truth(), World().host("one")
    known.changed(host, Changed(State.TIME_WAIT, State.FIN_WAIT_2), answering=True)
    known.changed(host, Changed(State.CLOSED, State.TIME_WAIT), answering=True)
    last = packet(1)
    known.emitted(host, last)
    said = known.said(last)
    assert said is not None and (said.state, said.end.state, said.end.silent) == (State.TIME_WAIT, State.CLOSED, True)


def test_a_host_that_forgets() -> None:
    known, host = Truth(), World().host("one")
    known.changed(host, Changed(State.ESTABLISHED), answering=True)
    known.forgets(host)
    (end,) = known.ends.values()
    assert end.state is State.CLOSED and end.silent


def test_only_so_many_segments_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    known, host = Truth(), World().host("one")
    packets = [packet(number) for number in range(5)]
    monkeypatch.setattr(truth, "SAID_MOST", 3)
    for one in packets:
        known.emitted(host, one)
    assert [known.said(one) is not None for one in packets] == [False, False, True, True, True]
