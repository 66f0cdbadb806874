"""What tells a copy of a packet from one sent again, and a first answer from a repeated one, where time alone cannot."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from estab.lives import Life
from estab.track import Connections, Tracker
from estab.track.verdict import Verdict
from estab.wire.columns import NO_IP_ID, OPT_TIMESTAMPS
from tests.rules.conversation import Capture, Conversation

MORE_THAN_REMEMBERED = 12
"""Packets: the tracker compares a packet with the latest few of its side only."""


@pytest.fixture
def capture() -> Capture:
    return Capture()


def tracked(capture: Capture) -> tuple[list[Any], Connections]:
    rows = [copy.copy(row) for row in capture.rows]
    tracker = Tracker()
    tracker.feed(rows, len(rows), Life.INTERPRETED)
    return rows, tracker.finish()


def last_verdict(capture: Capture) -> Verdict:
    return Verdict(tracked(capture)[0][-1].verdict)


def flight(talk: Conversation, segments: int, **fields: int) -> None:
    """Full segments of the server, acknowledged one by one."""
    for _ in range(segments):
        talk.server("A", data=1000, **fields).client("A")


def latest_of_server(capture: Capture) -> Any:
    return copy.copy(next(row for row in reversed(capture.rows) if row.sport == 80))


def test_a_copy_with_the_number_of_the_highest_packet_is_that_packet(capture: Capture) -> None:
    """The second capture point is 100 ms away, and the server has sent more than a few acknowledgements meanwhile."""
    talk = capture.talk().open()
    flight(talk, 6)
    highest = latest_of_server(capture)
    for _ in range(MORE_THAN_REMEMBERED):
        talk.client("A", data=10).server("A")
    talk.wait("100ms")
    capture.add(highest)
    assert last_verdict(capture) == Verdict.DUPLICATE


@pytest.mark.parametrize(("behind", "verdict"), [(1, Verdict.DUPLICATE), (0, Verdict.RETRANSMISSION), (-1, Verdict.RETRANSMISSION)])
def test_a_senders_clock_never_steps_back(capture: Capture, behind: int, verdict: Verdict) -> None:
    """IPv6 has no numbers: a segment stamped before the highest one is a copy; stamped later or alike it may be a repetition."""
    clock = 1 << 31
    talk = capture.talk().open()
    flight(talk, 1, ip_id=NO_IP_ID, options=OPT_TIMESTAMPS, tsval=clock - behind)
    old = latest_of_server(capture)
    flight(talk, MORE_THAN_REMEMBERED, ip_id=NO_IP_ID, options=OPT_TIMESTAMPS, tsval=clock)
    talk.wait("30us")
    capture.add(old)
    assert last_verdict(capture) & (Verdict.DUPLICATE | Verdict.RETRANSMISSION) == verdict


def test_two_capture_points_in_one_file_see_one_syn_ack(capture: Capture) -> None:
    """Linux numbers it 0; its timestamp says that it was sent once, although the points are 60 ms apart."""
    talk = capture.talk().client("S", options=OPT_TIMESTAMPS, tsval=70)
    talk.server("SA", ip_id=0, options=OPT_TIMESTAMPS, tsval=900)
    answer = latest_of_server(capture)
    capture.wait("60ms")
    capture.add(answer)
    rows, connections = tracked(capture)
    assert Verdict(rows[-1].verdict) == Verdict.DUPLICATE
    assert int(connections.server.retransmits[0]) == 0


def test_a_listener_that_forgot_answers_anew(capture: Capture) -> None:
    """It gave up its SYN-RECEIVED, then the client's SYN came once more: another initial number, so nothing is sent again."""
    talk = capture.talk().client("S").server("SA")
    talk.wait("1s").server("SA", again=True)
    talk.wait("3s").client("S", again=True)
    talk.ends["server"].next = 900_000
    talk.server("SA")
    rows, connections = tracked(capture)
    assert Verdict(rows[-1].verdict) == Verdict.NEW_DATA
    assert (int(connections.server.syn_acks[0]), int(connections.server.retransmit_syn_ack[0])) == (3, 1)


def test_a_reset_acknowledges_the_fin_that_its_sender_had_received(capture: Capture) -> None:
    """The server's application aborts after the client closed: no ACK of the FIN went by but the RST's own."""
    talk = capture.talk().open().client("PA", data=100).server("PA", data=100).client("A")
    talk.client("FA").wait("20ms").server("RA")
    assert tracked(capture)[1].states(0, 1) == ["LISTEN", "SYN-RECEIVED", "ESTABLISHED", "CLOSE-WAIT", "CLOSED"]


def test_a_reset_of_no_socket_proves_nothing(capture: Capture) -> None:
    """Without the ACK bit nobody says that the FIN was received by anyone who had the connection."""
    talk = capture.talk().open().client("PA", data=100).server("PA", data=100).client("A")
    talk.client("FA").wait("20ms").server("R")
    assert "CLOSE-WAIT" not in tracked(capture)[1].states(0, 1)


def test_one_syn_draws_one_refusal(capture: Capture) -> None:
    """Linux numbers such a RST 0, and they are all alike: a second one for a single SYN is a copy of a mirror port."""
    capture.talk().client("S").server("RA", ip_id=0)
    capture.wait("12us")
    capture.add(latest_of_server(capture))
    assert last_verdict(capture) == Verdict.DUPLICATE


def test_each_syn_draws_a_refusal(capture: Capture) -> None:
    """Two tries close to each other: the SYN between the two RSTs says why there are two."""
    talk = capture.talk().client("S").client("S", again=True).server("RA", ip_id=0)
    talk.server("RA", seq=500_000, ip_id=0)
    _, connections = tracked(capture)
    assert int(connections.server.duplicates[0]) == 0
