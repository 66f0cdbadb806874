"""Handshake, end and Zeek's verdict of whole conversations (Zeek: scripts/base/protocols/conn/main.zeek, conn_state)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from estab.track import outcome
from tests.rules.conversation import Capture, Conversation
from tests.unit.track.tracked import tracked

# The conversation; how its handshake went, how it ended, Zeek's verdict.
CASES: dict[str, tuple[Callable[[Conversation], object], str, str, str]] = {
    "a SYN without answer": (lambda talk: talk.client("S"), "none", "open", "S0"),
    "a SYN given up": (lambda talk: talk.client("S").wait("1s").client("S", again=True).wait("60s"), "none", "timeout", "S0"),
    "refused": (lambda talk: talk.client("S").server("RA", seq=0), "none", "reset", "REJ"),
    "open": (lambda talk: talk.open().client("PA", data=5).server("A"), "full", "open", "S1"),
    "closed": (lambda talk: talk.open().client("PA", data=5).server("A").close(), "full", "fin", "SF"),
    "closed by the client only": (lambda talk: talk.open().client("FA").server("A"), "full", "open", "S2"),
    "closed by the server only": (lambda talk: talk.open().server("FA").client("A"), "full", "open", "S3"),
    "aborted by the client": (lambda talk: talk.open().client("PA", data=5).server("A").client("RA"), "full", "reset", "RSTO"),
    "aborted by the server": (lambda talk: talk.open().client("PA", data=5).server("A").server("RA"), "full", "reset", "RSTR"),
    "SYN and RST of the client": (lambda talk: talk.client("S").client("R"), "none", "reset", "RSTOS0"),
    "SYN-ACK and RST without a SYN": (lambda talk: talk.client("S", unseen=True).server("SA").server("RA"), "partial", "reset", "RSTRH"),
    "SYN and FIN, never answered": (lambda talk: talk.client("S").client("FA"), "none", "open", "SH"),
    "SYN-ACK and FIN, never answered": (lambda talk: talk.client("S", unseen=True).server("SA").server("FA"), "partial", "open", "SHR"),
    "in the middle": (lambda talk: talk.client("PA", data=5, seq=9, ack=9).server("A", seq=9, ack=14), "not seen", "open", "OTH"),
    "answered, not acknowledged": (lambda talk: talk.client("S").server("SA"), "partial", "open", "OTH"),
    "SYN-ACK repeated to the end": (
        lambda talk: talk.client("S").server("SA", dropped=True).wait("1s").server("SA", again=True).wait("90s"),
        "partial", "timeout", "OTH",
    ),
    "data given up": (
        lambda talk: talk.open().client("PA", data=5, dropped=True).wait("1s").client(again=True).wait("2s").client(again=True).wait("4s")
        .client(again=True).wait("99s"), "full", "timeout", "S1"
    ),
    "both open": (
        lambda talk: talk.client("S").server("S").client("SA", seq=1000).server("SA", seq=500_000), "partial", "open", "S1"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_judgements(name: str) -> None:
    talk, handshake, end, conn_state = CASES[name]
    capture = Capture()
    talk(capture.talk())
    connections = tracked(capture).connections
    assert (connections.handshake(0), connections.end(0)) == (handshake, end)
    if name not in {"both open", "answered, not acknowledged", "SYN-ACK repeated to the end"}:  # Zeek gives these no name of their own
        assert connections.conn_state(0) == conn_state


def test_all_at_once_is_one_after_the_other() -> None:
    capture = Capture()
    for talk, *_ in CASES.values():
        talk(capture.talk())
    connections = tracked(capture).connections
    for judge in (outcome.handshake, outcome.end, outcome.conn_state):
        assert outcome.of_all(connections, judge) == [judge(connections, row) for row in range(connections.count)]


def test_nothing_is_judged_of_nothing() -> None:
    connections = tracked(Capture()).connections
    assert outcome.of_all(connections, outcome.end) == []
    assert np.array_equal(connections.gave_up, np.zeros(0, bool))
