"""Copies made by the network or a mirror port are not segments sent again."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from estab.track.verdict import Verdict
from estab.wire.columns import NO_IP_ID
from tests.rules.conversation import Capture, Conversation
from tests.unit.track.tracked import tracked


@pytest.fixture
def capture() -> Capture:
    return Capture()


def mirror(capture: Capture, after: str = "5us", **fields: int) -> None:
    """The latest packet once more, as a mirror port or a second interface gives it."""
    row = copy.copy(capture.rows[-1])
    for name, value in fields.items():
        setattr(row, name, value)
    capture.wait(after)
    capture.add(row)


def everything_twice(capture: Capture, **fields: int) -> None:
    rows, capture.rows = capture.rows, []
    for row in rows:
        capture.now_ns = row.time_ns
        for name, value in fields.items():
            setattr(row, name, value)
        capture.add(row)
        mirror(capture)


def a_life(talk: Conversation) -> Conversation:
    return talk.open().client("PA", data=100).server("A").server("PA", data=5000).client("A").close()


@pytest.mark.parametrize("fields", [{}, {"ip_id": 0}, {"ip_id": NO_IP_ID}], ids=["numbered", "id 0", "IPv6"])
def test_a_mirrored_life_has_no_retransmissions(capture: Capture, fields: dict[str, Any]) -> None:
    a_life(capture.talk())
    packets = len(capture.rows)
    everything_twice(capture, **fields)
    told = tracked(capture)
    assert (told.client("duplicates"), told.server("duplicates")) == (packets - 4, 4)
    assert (told.client("retransmits"), told.server("retransmits")) == (0, 0)
    assert (told.client("payload_bytes"), told.server("payload_bytes")) == (100, 5000)
    assert (told.client("dup_acks"), told.client("keepalives")) == (0, 0)
    assert [bool(verdict & Verdict.DUPLICATE) for verdict in told.verdicts()] == [False, True] * packets


def test_a_copy_behind_a_router_has_a_lower_ttl(capture: Capture) -> None:
    capture.talk().open().client("PA", data=100)
    mirror(capture, ttl=63)
    assert tracked(capture).last == Verdict.DUPLICATE


@pytest.mark.parametrize("fields", [{}, {"ip_id": 0}, {"ip_id": NO_IP_ID}], ids=["numbered", "id 0", "IPv6"])
def test_a_timeout_later_it_is_a_retransmission(capture: Capture, fields: dict[str, Any]) -> None:
    capture.talk().open().client("PA", data=100, **fields).wait("210ms").client(again=True, **fields)
    told = tracked(capture)
    assert told.last & Verdict.RETRANSMISSION and told.client("retransmits") == 1 and told.client("duplicates") == 0


def test_another_number_is_another_packet_however_soon(capture: Capture) -> None:
    """A sender may repeat at once on a SACK; the IP identification says that it was sent twice."""
    capture.talk().open().client("PA", data=100).client(again=True)
    told = tracked(capture)
    assert told.last & Verdict.RETRANSMISSION and told.client("duplicates") == 0


def test_three_honest_acks_without_numbers_are_no_copies(capture: Capture) -> None:
    """IPv6: duplicate ACKs are alike to the last bit, yet each was sent."""
    talk = capture.talk().open()
    talk.client("A", data=1000).server("A", ip_id=NO_IP_ID).client("A", data=1000, lost=True)
    for _ in range(3):
        talk.client("A", data=1000, dropped=True).server("A", ip_id=NO_IP_ID)
        talk.wait("200us")
    told = tracked(capture)
    assert (told.server("dup_acks"), told.server("duplicates")) == (3, 0)


def test_a_second_syn_ack_answers_a_second_syn(capture: Capture) -> None:
    """Without an IP identification too: the SYN between them says why there are two."""
    talk = capture.talk().client("S").server("SA", ip_id=NO_IP_ID).wait("500us").client("S", again=True)
    talk.server("SA", again=True, ip_id=NO_IP_ID)
    told = tracked(capture)
    assert told.server("retransmit_syn_ack") == 1 and told.server("duplicates") == 0


def test_resets_from_a_dead_socket_are_alike_and_many(capture: Capture) -> None:
    """One answer for each of the segments that arrive (RFC 9293 §3.10.7.1)."""
    talk = capture.talk().open().client("PA", data=100)
    for _ in range(3):
        talk.server("R", seq=talk.ends["server"].next, ip_id=0)
    told = tracked(capture)
    assert (told.server("rsts"), told.server("duplicates")) == (3, 0)


def test_a_copy_that_the_network_kept_back_is_told_by_its_number(capture: Capture) -> None:
    """Seconds later the first segment comes again with its old number, while the sender counts on."""
    talk = capture.talk().open()
    for _ in range(6):
        talk.client("A", data=100).server("A")
    late = capture.rows[3]
    talk.wait("700ms")
    talk.client("A", data=100).server("A")
    mirror(capture)
    capture.rows.pop()
    capture.wait("1ms")
    capture.add(copy.copy(late))
    told = tracked(capture)
    assert told.last & Verdict.DUPLICATE
    assert told.client("retransmits") == 0
