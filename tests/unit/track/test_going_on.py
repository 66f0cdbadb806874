"""A SYN that somebody sent into an open connection (RFC 5961 §4): the connection goes on, or it was a new one after all."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from estab.lives import Life
from estab.track import Connections, Tracker
from estab.track.verdict import Verdict
from estab.wire.columns import OPT_WINDOW_SCALE
from tests.rules.conversation import Capture, Conversation


@pytest.fixture
def capture() -> Capture:
    return Capture()


def tracked(capture: Capture) -> tuple[list[Any], Connections]:
    rows = [copy.copy(row) for row in capture.rows]
    tracker = Tracker()
    tracker.feed(rows, len(rows), Life.INTERPRETED)
    return rows, tracker.finish()


def hit(capture: Capture, number: int = 90_000) -> Conversation:
    """A connection with some history, into which a SYN with this number falls; the server answers with a challenge ACK."""
    talk = capture.talk().client("S", options=OPT_WINDOW_SCALE, wscale=7).server("SA", options=OPT_WINDOW_SCALE, wscale=7).client("A")
    for _ in range(3):
        talk.client("PA", data=1000, window=100).server("PA", data=2000, window=100).client("A", window=100).wait("10ms")
    talk.client("S", seq=number, lost=True)
    capture.add(talk._row(talk.ends["client"], talk.ends["server"], {"flags": 2, "payload": 0}, number, 0, {"ip_id": 0, "ttl": 40}))
    talk.ends["client"].next = 4_001
    talk.ends["server"].heard = 4_001
    return talk.wait("10us").server("A", window=100)


@pytest.mark.parametrize("number", [90_000, 3_999_999_999])
def test_what_comes_after_a_forged_syn_belongs_to_the_connection_before(capture: Capture, number: int) -> None:
    talk = hit(capture, number).wait("5ms")
    after = len(capture.rows)
    talk.client("A", window=100).client("PA", data=1000, window=100).server("PA", data=2000, window=100).client("A", window=100).close()
    rows, connections = tracked(capture)
    verdicts = [Verdict(row.verdict) for row in rows[after:]]
    assert int(connections.client.unseen_bytes[1]) == int(connections.server.acks_unseen[1]) == 0
    wrong = Verdict.RETRANSMISSION | Verdict.GAP_BEFORE | Verdict.ACKS_UNSEEN | Verdict.OUT_OF_ORDER | Verdict.BEYOND_WINDOW
    assert not any(verdict & wrong for verdict in verdicts)
    assert connections.states(1, 0)[-4:] == ["ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT"]
    assert connections.states(1, 1)[-3:] == ["ESTABLISHED", "CLOSE-WAIT", "LAST-ACK|CLOSED"]
    assert int(connections.server.challenge_acks[1]) == 1


def test_a_new_connection_is_none_that_goes_on(capture: Capture) -> None:
    """The SYN was the client's own: the SYN-ACK is not in the file, and what follows continues that SYN."""
    talk = hit(capture)
    talk.ends["client"].next, talk.ends["server"].next = 90_001, 7_000_000
    talk.server("SA", unseen=True).client("A").client("PA", data=10)
    rows, connections = tracked(capture)
    assert int(connections.client.isn[1]) == 90_000
    assert int(connections.client.payload_bytes[1]) == 10
    assert not Verdict(rows[-1].verdict) & Verdict.RETRANSMISSION
