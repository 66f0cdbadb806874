"""SYN and SYN-ACK: offers, repetitions, round trips, Fast Open, the handshake's ACK."""

from __future__ import annotations

from typing import Any

import pytest

from estab.instant import MILLISECOND_NS
from estab.track.records import (
    CONNECTED,
    ECN_NEGOTIATED,
    FAST_OPEN_USED,
    SAW_HANDSHAKE_ACK,
    SAW_SYN,
    SAW_SYN_ACK,
)
from estab.track.verdict import Verdict
from estab.wire.columns import OPT_FAST_OPEN, OPT_MSS, OPT_SACK_PERMITTED, OPT_WINDOW_SCALE
from tests.rules.conversation import Capture
from tests.unit.track.tracked import tracked

OFFER: dict[str, Any] = {"options": OPT_MSS | OPT_SACK_PERMITTED | OPT_WINDOW_SCALE, "mss": 1460, "wscale": 7}


@pytest.fixture
def capture() -> Capture:
    return Capture()


def test_a_handshake_in_three(capture: Capture) -> None:
    capture.talk().open(rtt="40ms")
    told = tracked(capture)
    assert told.has(SAW_SYN) and told.has(SAW_SYN_ACK) and told.has(SAW_HANDSHAKE_ACK) and told.has(CONNECTED)
    assert int(told.connections.handshake_ack_ns[0]) == told.rows[2].time_ns
    assert (told.client("syns"), told.server("syn_acks")) == (1, 1)
    assert told.verdicts() == [Verdict.OPENS | Verdict.NEW_DATA, Verdict.NEW_DATA, Verdict(0)]


def test_the_syn_is_timed(capture: Capture) -> None:
    capture.talk().open(rtt="40ms")
    told = tracked(capture)
    assert told.client("rtt_samples") == 1
    assert 40 * MILLISECOND_NS <= told.client("rtt_min_ns") < 41 * MILLISECOND_NS
    assert told.server("rtt_samples") == 1 and told.server("rtt_min_ns") < MILLISECOND_NS


def test_a_repeated_syn_is_not_timed(capture: Capture) -> None:
    """Karn's algorithm (RFC 6298 §3): the answer may be to either."""
    capture.talk().client("S").wait("1s").client("S", again=True).wait("40ms").server("SA").client("A")
    told = tracked(capture)
    assert told.client("rtt_samples") == 0
    assert (told.client("retransmit_syn"), told.client("retransmits"), told.client("retransmit_data")) == (1, 1, 0)
    assert told.verdicts()[1] == Verdict.RETRANSMISSION


def test_a_repeated_syn_ack(capture: Capture) -> None:
    talk = capture.talk().client("S").server("SA", dropped=True).wait("1s").server("SA", again=True)
    talk.client("A", ack=500_001)
    told = tracked(capture)
    assert (told.server("retransmit_syn_ack"), told.server("retransmits"), told.client("retransmits")) == (1, 1, 0)
    assert int(told.connections.syn_ack_after_ack[0]) == 0


def test_a_syn_ack_after_the_handshakes_ack_is_noted(capture: Capture) -> None:
    """The sign of an accept queue that is full: the ACK went by, and the server repeats itself."""
    capture.talk().open().wait("1s").server("SA", again=True).client("A").wait("2s").server("SA", again=True).client("A")
    told = tracked(capture)
    assert int(told.connections.syn_ack_after_ack[0]) == 2
    assert told.server("retransmit_syn_ack") == 2


@pytest.mark.parametrize(
    ("client", "server", "window"),
    [
        ({"wscale": 7}, {"wscale": 7}, 1000 << 7),
        ({"wscale": 7}, {"options": OPT_MSS}, 1000),
        ({"wscale": 0}, {"wscale": 3}, 1000),
        ({"wscale": 15}, {}, 1000 << 14),
    ],
    ids=["both", "server without", "zero", "above 14"],
)
def test_windows_are_scaled_where_both_offered_it(capture: Capture, client: dict[str, Any], server: dict[str, Any], window: int) -> None:
    """RFC 7323 §1.3; a shift above 14 is taken for 14 (§2.3)."""
    capture.talk().client("S", **(OFFER | client)).server("SA", **(OFFER | server)).client("A", window=1000)
    assert tracked(capture).client("window") == window


def test_the_syns_own_window_is_never_scaled(capture: Capture) -> None:
    """RFC 7323 §2.2."""
    capture.talk().client("S", window=500, **OFFER).server("SA", window=600, **OFFER)
    assert tracked(capture).server("window_max_bytes") == 600


def test_ecn_is_negotiated_by_an_ece_without_cwr(capture: Capture) -> None:
    """RFC 3168 §6.1.1."""
    capture.talk().client("SEC").server("SAE").client("A")
    capture.talk().client("SEC").server("SA").client("A")
    capture.talk().client("SEC").server("SAEC").client("A")
    told = tracked(capture)
    assert [told.has(ECN_NEGOTIATED, row) for row in range(3)] == [True, False, False]


@pytest.mark.parametrize(("ack", "used"), [(1101, True), (1001, False)], ids=["taken", "refused"])
def test_fast_open(capture: Capture, ack: int, used: bool) -> None:
    """RFC 7413 §4.2: the SYN-ACK acknowledges the data of the SYN, or only the SYN."""
    capture.talk().client("S", data=100, options=OPT_FAST_OPEN | OPT_MSS, mss=1460).server("SA", ack=ack).client("A")
    told = tracked(capture)
    assert told.has(FAST_OPEN_USED) is used
    assert told.client("payload_bytes") == 100


def test_refused_fast_open_data_is_sent_again(capture: Capture) -> None:
    talk = capture.talk().client("S", data=100, options=OPT_FAST_OPEN | OPT_MSS, mss=1460).server("SA", ack=1001)
    talk.client("PA", data=100, seq=1001)
    told = tracked(capture)
    assert told.client("retransmit_data") == 1 and told.client("keepalives") == 0


def test_data_may_carry_the_handshakes_ack(capture: Capture) -> None:
    """The bare ACK was lost before the capture point."""
    capture.talk().client("S").server("SA").client("A", unseen=True).client("PA", data=10)
    assert tracked(capture).has(SAW_HANDSHAKE_ACK)


def test_an_ack_that_does_not_cover_the_syn_opens_nothing(capture: Capture) -> None:
    capture.talk().client("S").server("SA").client("A", ack=499_000)
    assert not tracked(capture).has(SAW_HANDSHAKE_ACK)


def test_numbers_wrap_between_syn_and_data(capture: Capture) -> None:
    talk = capture.talk()
    for end in talk.ends.values():
        end.isn = end.next = 0xFFFFFFFF
    talk.open().client("PA", data=1000).server("PA", data=5).close()
    told = tracked(capture)
    assert (told.client("retransmits"), told.server("retransmits"), told.client("gaps")) == (0, 0, 0)
    assert told.connections.end(0) == "fin" and told.client("rtt_samples") > 1
