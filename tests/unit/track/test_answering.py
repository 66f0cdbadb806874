"""Acknowledgements, windows, SACK, round trips: what a packet says about the other side's stream."""

from __future__ import annotations

from typing import Any

import pytest

from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.track.verdict import Verdict
from estab.wire.columns import OPT_SACK, OPT_TIMESTAMPS
from tests.rules.conversation import Capture, Conversation
from tests.unit.track.tracked import tracked


@pytest.fixture
def capture() -> Capture:
    return Capture()


def opened(capture: Capture, rtt: str = "10ms") -> Conversation:
    return capture.talk().open(rtt).client("PA", data=100).wait(rtt).server("A")


def sack(*edges: int) -> dict[str, Any]:
    """The options of one or two SACK blocks."""
    names = ("sack0_left", "sack0_right", "sack1_left", "sack1_right")
    return {"options": OPT_SACK, "sack_blocks": len(edges) // 2, **dict(zip(names, edges, strict=False))}


# --- acknowledgements -----------------------------------------------------------------------------------------------------------------


def test_an_ack_of_new_data_is_nothing_special(capture: Capture) -> None:
    opened(capture)
    told = tracked(capture)
    assert told.last == Verdict(0) and told.server("dup_acks") == 0


def test_an_ack_that_repeats_itself_while_data_is_out_is_a_duplicate(capture: Capture) -> None:
    """RFC 5681 §2: data outstanding, no data in it, no SYN or FIN, the same number, the same window."""
    opened(capture).client("A", data=1460, dropped=True).wait("10ms").server("A").server("A")
    told = tracked(capture)
    assert told.verdicts()[-2:] == [Verdict.DUPLICATE_ACK] * 2
    assert (told.server("dup_acks"), told.server("dup_ack_run")) == (2, 2)


@pytest.mark.parametrize(
    ("flags", "more", "verdict"),
    [("PA", {"data": 10}, Verdict.NEW_DATA), ("FA", {}, Verdict.NEW_DATA), ("A", {"window": 30_000}, Verdict.WINDOW_UPDATE)],
    ids=["with data", "with FIN", "another window"],
)
def test_what_is_no_duplicate_ack(capture: Capture, flags: str, more: dict[str, Any], verdict: Verdict) -> None:
    opened(capture).client("A", data=1460, dropped=True).wait("10ms").server(flags, **more)
    told = tracked(capture)
    assert told.last == verdict and told.server("dup_acks") == 0


def test_without_outstanding_data_it_is_no_duplicate_ack(capture: Capture) -> None:
    opened(capture).wait("5s").server("A")
    assert tracked(capture).server("dup_acks") == 0


def test_a_run_of_duplicates_ends_with_progress(capture: Capture) -> None:
    talk = opened(capture).client("A", data=1460, dropped=True).server("A").server("A")
    talk.wait("300ms").client(again=True).server("A")
    told = tracked(capture)
    assert (told.server("dup_acks"), told.server("dup_ack_run")) == (2, 0)


def test_bytes_acknowledged_that_never_passed_were_not_captured(capture: Capture) -> None:
    opened(capture).client("A", data=1460, unseen=True).client("A", data=1460, unseen=True).wait("10ms").server("A")
    told = tracked(capture)
    assert told.last == Verdict.ACKS_UNSEEN
    assert (told.server("acks_unseen"), told.client("unseen_bytes")) == (1, 2920)


def test_data_behind_bytes_that_were_acknowledged_unseen_is_new(capture: Capture) -> None:
    opened(capture).client("A", data=1460, unseen=True).wait("10ms").server("A").client("A", data=100)
    told = tracked(capture)
    assert told.last == Verdict.NEW_DATA and told.client("retransmits") == 0


def test_an_absurd_acknowledgement_moves_nothing(capture: Capture) -> None:
    """No window reaches 2^30 (RFC 7323 §2.3)."""
    talk = opened(capture)
    talk.server("A", ack=talk.ends["client"].next + (1 << 31) - 100).client("PA", data=10)
    told = tracked(capture)
    assert told.client("unseen_bytes") == 0 and told.last == Verdict.NEW_DATA


# --- windows --------------------------------------------------------------------------------------------------------------------------


def test_a_window_that_closes_and_opens_again(capture: Capture) -> None:
    talk = opened(capture).client("A", data=1460).wait("10ms").server("A", window=0).wait("2s").server("A", window=5000)
    talk.client("A", data=1460).wait("10ms").server("A", window=0).wait("500ms").server("A", window=9000)
    told = tracked(capture)
    shut, open_again = Verdict.ZERO_WINDOW, Verdict.WINDOW_UPDATE
    assert told.verdicts()[-5:] == [shut, open_again, Verdict.NEW_DATA, shut, open_again]
    assert told.server("zero_windows") == 2
    step = 20_000
    assert (told.server("zero_window_ns"), told.server("zero_longest_ns")) == (2_500_000_000 + 2 * step, 2 * SECOND_NS + step)
    assert not told.connections.still_zero(1)[0]


def test_a_window_that_stays_closed(capture: Capture) -> None:
    opened(capture).client("A", data=1460).wait("10ms").server("A", window=0).wait("9s")
    told = tracked(capture)
    assert told.connections.still_zero(1)[0] and not told.connections.still_zero(0)[0]


@pytest.mark.parametrize("flags", ["S", "R", "RA"])
def test_a_syn_or_rst_says_nothing_about_a_window(capture: Capture, flags: str) -> None:
    """A RST's window is 0 by habit."""
    if flags == "S":
        capture.talk().client("S", window=0).server("SA", window=0)
    else:
        opened(capture).server(flags, window=0)
    told = tracked(capture)
    assert (told.server("zero_windows"), told.client("zero_windows")) == (0, 0)


# --- SACK -----------------------------------------------------------------------------------------------------------------------------


def test_a_sack_above_the_acknowledgement_reports_a_gap(capture: Capture) -> None:
    talk = opened(capture).client("A", data=1000, dropped=True).client("A", data=1000)
    high = talk.ends["client"].next
    talk.wait("10ms").server("A", **sack(high - 1000, high))
    told = tracked(capture)
    assert told.last == Verdict.DUPLICATE_ACK
    assert (told.server("sack_acks"), told.server("dsacks")) == (1, 0)


def test_a_first_block_below_the_acknowledgement_is_a_dsack(capture: Capture) -> None:
    """RFC 2883 §4.1."""
    talk = opened(capture)
    high = talk.ends["client"].next
    talk.client("PA", data=100, seq=high - 100).wait("10ms").server("A", **sack(high - 100, high))
    told = tracked(capture)
    assert told.last & Verdict.DSACK and not told.last & Verdict.DUPLICATE_ACK
    assert told.server("dsacks") == 1


def test_a_first_block_inside_the_second_is_a_dsack(capture: Capture) -> None:
    """RFC 2883 §4.2: the duplicate is part of what is already reported above a gap."""
    talk = opened(capture).client("A", data=1000, dropped=True).client("A", data=3000)
    high = talk.ends["client"].next
    talk.wait("10ms").server("A", **sack(high - 1000, high, high - 3000, high))
    assert tracked(capture).last & Verdict.DSACK


# --- round trips ----------------------------------------------------------------------------------------------------------------------


def test_each_flight_gives_one_sample(capture: Capture) -> None:
    """One segment at a time is timed (RFC 6298 §3), the SYN first."""
    talk = capture.talk().open("10ms")
    for rtt in ("12ms", "30ms"):
        talk.client("A", data=100).client("A", data=100).wait(rtt).server("A")
    told = tracked(capture)
    assert told.client("rtt_samples") == 3
    assert (told.client("rtt_min_ns") // MILLISECOND_NS, told.client("rtt_max_ns") // MILLISECOND_NS) == (10, 30)


def test_a_repeated_segment_is_not_timed(capture: Capture) -> None:
    """Karn's algorithm."""
    talk = capture.talk().open("10ms").client("A", data=100).wait("300ms").client(again=True).wait("10ms").server("A")
    told = tracked(capture)
    assert told.client("rtt_samples") == 1
    talk.client("A", data=100).wait("10ms").server("A")
    assert tracked(capture).client("rtt_samples") == 2


def test_a_delayed_ack_of_data_that_crossed_its_own_is_counted(capture: Capture) -> None:
    talk = opened(capture)
    capture.step_ns = 0
    talk.server("PA", data=10, ack=1).client("PA", data=10)
    capture.step_ns = 1000
    capture.now_ns += 50_000_000
    talk.server("A")
    assert tracked(capture).server("delayed_acks") == 1


def test_a_delayed_ack_is_counted(capture: Capture) -> None:
    """Bare, 40 ms after the data: RFC 9293 §3.8.6.3 allows half a second."""
    opened(capture).client("PA", data=10).wait("50ms").server("A")
    assert tracked(capture).server("delayed_acks") == 1


def test_an_echoed_timestamp_undoes_a_timeout(capture: Capture) -> None:
    """Eifel detection (RFC 3522 §3.2): the ACK echoes the original's timestamp, so the repetition was for nothing."""
    stamp: dict[str, Any] = {"options": OPT_TIMESTAMPS}
    talk = capture.talk().open("10ms").client("PA", data=100, tsval=100, **stamp).wait("300ms").client(again=True, tsval=400, **stamp)
    talk.wait("1ms").server("A", tsval=7, tsecr=100, **stamp)
    assert tracked(capture).client("undone") == 1


@pytest.mark.parametrize("tsecr", [400, 405])
def test_an_echo_of_the_repetition_undoes_nothing(capture: Capture, tsecr: int) -> None:
    stamp: dict[str, Any] = {"options": OPT_TIMESTAMPS}
    talk = capture.talk().open("10ms").client("PA", data=100, tsval=100, **stamp).wait("300ms").client(again=True, tsval=400, **stamp)
    talk.wait("10ms").server("A", tsval=7, tsecr=tsecr, **stamp)
    assert tracked(capture).client("undone") == 0


def test_an_answer_after_more_than_two_lives_of_a_segment_times_nothing() -> None:
    """Files with absurd times hold "round trips" of centuries, whose double no 63 bits hold."""
    capture = Capture()
    talk = capture.talk().open().client("PA", data=10)
    before = tracked(capture).client("rtt_max_ns")
    talk.wait("300s").server("A")
    assert tracked(capture).client("rtt_max_ns") == before
