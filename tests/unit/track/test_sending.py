"""New, repeated, overtaken, probing: what a packet is for its sender's stream."""

from __future__ import annotations

from typing import Any

import pytest

from estab.track.verdict import Verdict
from estab.wire.columns import NO_IP_ID, OPT_MSS, OPT_SACK, OPT_SACK_PERMITTED, OPT_TIMESTAMPS
from tests.rules.conversation import Capture, Conversation
from tests.unit.track.tracked import tracked

OFFER: dict[str, Any] = {"options": OPT_MSS | OPT_SACK_PERMITTED, "mss": 1460}


@pytest.fixture
def capture() -> Capture:
    return Capture()


def opened(capture: Capture, rtt: str = "10ms") -> Conversation:
    """Handshake, MSS 1460 and SACK, captured at the client; and an exchange, so that the numbering of packets is known."""
    talk = capture.talk().client("S", **OFFER).wait(rtt).server("SA", **OFFER).client("A")
    for _ in range(4):
        talk.client("PA", data=100).wait(rtt).server("PA", data=100).client("A").wait(rtt)
    return talk


# --- sent again -------------------------------------------------------------------------------------------------------------------------


def test_new_data_is_new(capture: Capture) -> None:
    opened(capture).client("A", data=1460).client("PA", data=700)
    told = tracked(capture)
    assert told.verdicts()[-2:] == [Verdict.NEW_DATA, Verdict.NEW_DATA]
    assert (told.client("retransmits"), told.client("data_packets"), told.client("payload_bytes")) == (0, 6, 2560)


def test_data_after_a_timeout(capture: Capture) -> None:
    """RFC 6298 §5.4: nothing was heard; the same segment again, then twice as late."""
    opened(capture).client("A", data=1460).client("PA", data=1460).wait("300ms").client(again=True, shift=-1460).wait("600ms").client(
        again=True, shift=-1460
    )
    told = tracked(capture)
    assert told.verdicts()[-2:] == [Verdict.RETRANSMISSION | Verdict.TIMEOUT] * 2
    assert (told.client("retransmit_data"), told.client("timeouts"), told.client("run_max")) == (2, 2, 2)
    assert told.client("retransmit_bytes") == 2920


def test_the_last_segment_after_two_round_trips_is_a_tail_probe(capture: Capture) -> None:
    """RFC 8985 §7.2: PTO = 2 * SRTT, only the last segment, once."""
    opened(capture).client("A", data=1460).client("PA", data=1000).wait("25ms").client(again=True)
    told = tracked(capture)
    assert told.last == Verdict.RETRANSMISSION | Verdict.TAIL_PROBE
    assert (told.client("tail_probes"), told.client("timeouts")) == (1, 0)


def test_three_duplicate_acks_bring_a_fast_retransmission(capture: Capture) -> None:
    """RFC 5681 §3.2."""
    talk = opened(capture)
    talk.client("A", data=1460, dropped=True)
    lost = dict(talk.ends["client"].latest)
    for _ in range(3):
        talk.client("A", data=1460, dropped=True)
    talk.wait("10ms").server("A").server("A").server("A")
    talk.client("A", data=1460, seq=lost["seq"])
    told = tracked(capture)
    assert told.last == Verdict.RETRANSMISSION | Verdict.FAST_RETRANSMIT
    assert (told.client("fast_retransmits"), told.server("dup_acks"), told.client("timeouts")) == (1, 3, 0)


def test_a_repeated_super_segment_counts_its_parts(capture: Capture) -> None:
    """Captured before segmentation offload: the kernel counts four segments of 1460 bytes (Tcp RetransSegs)."""
    opened(capture).client("A", data=5000, dropped=True).wait("300ms").client(again=True)
    told = tracked(capture)
    assert told.verdicts()[-2] == Verdict.NEW_DATA | Verdict.SUPER_SEGMENT
    assert (told.client("retransmits"), told.client("super_segments")) == (4, 1)


def test_timestamps_take_twelve_bytes_of_each_segment(capture: Capture) -> None:
    """RFC 7323 appendix A: 1460 offered, 1448 used; 2896 bytes are two segments."""
    stamp: dict[str, Any] = {"options": OPT_TIMESTAMPS | OPT_MSS, "mss": 1460, "tsval": 1, "tsecr": 1}
    talk = capture.talk().client("S", **stamp).wait("10ms").server("SA", **stamp).client("A", **(stamp | {"options": OPT_TIMESTAMPS}))
    stamp["options"] = OPT_TIMESTAMPS
    talk.client("A", data=1448, **stamp).client("A", data=2896, dropped=True, **stamp).wait("300ms").client(again=True, **stamp)
    told = tracked(capture)
    assert (told.client("super_segments"), told.client("retransmits")) == (1, 2)


def test_two_segments_repeated_as_one(capture: Capture) -> None:
    """A sender may put two small segments into one when it repeats them (RFC 9293 §3.8.1)."""
    talk = opened(capture).client("PA", data=100, dropped=True)
    start = talk.ends["client"].latest["seq"]
    talk.client("PA", data=100, dropped=True).wait("300ms").client("PA", data=200, seq=start)
    told = tracked(capture)
    assert told.client("retransmits") == 1 and told.last & Verdict.RETRANSMISSION


def test_old_and_new_bytes_in_one_segment(capture: Capture) -> None:
    """An overlap that goes on is repeated and new at once."""
    talk = opened(capture).client("PA", data=100, dropped=True)
    start = talk.ends["client"].latest["seq"]
    talk.wait("300ms").client("PA", data=300, seq=start)
    told = tracked(capture)
    assert told.last & Verdict.RETRANSMISSION and told.last & Verdict.NEW_DATA
    assert told.client("retransmits") == 1 and told.client("gaps") == 0


def test_data_that_had_arrived_was_repeated_for_nothing(capture: Capture) -> None:
    opened(capture).client("PA", data=100).wait("10ms").server("A").wait("300ms").client(again=True)
    told = tracked(capture)
    assert told.last & Verdict.UNNEEDED and told.client("unneeded") == 1


def test_a_fin_again(capture: Capture) -> None:
    opened(capture).client("FA", dropped=True).wait("300ms").client(again=True)
    told = tracked(capture)
    assert told.last & Verdict.RETRANSMISSION
    assert (told.client("retransmit_fin"), told.client("retransmits"), told.client("fins")) == (1, 1, 2)


def test_data_with_fin_again_is_data(capture: Capture) -> None:
    opened(capture).client("FPA", data=50, dropped=True).wait("300ms").client(again=True)
    told = tracked(capture)
    assert (told.client("retransmit_data"), told.client("retransmit_fin")) == (1, 0)


def test_a_fin_after_data_under_way_is_no_repetition(capture: Capture) -> None:
    opened(capture).client("PA", data=50).client("FA")
    assert tracked(capture).client("retransmits") == 0


def test_numbers_wrap_in_the_stream(capture: Capture) -> None:
    talk = capture.talk()
    talk.ends["client"].isn = talk.ends["client"].next = 0xFFFFF000
    talk.open("10ms")
    for _ in range(5):
        talk.client("A", data=1460).server("A")
    talk.client("A", data=1460, dropped=True).wait("300ms").client(again=True)
    told = tracked(capture)
    assert talk.ends["client"].next > 1 << 32
    assert (told.client("retransmits"), told.client("gaps"), told.client("out_of_order")) == (1, 0, 0)


# --- overtaken, or lost before the capture point ------------------------------------------------------------------------------------------


def swapped(talk: Conversation, **fields: Any) -> int:
    """Two segments that pass in the wrong order; gives the number of the first."""
    talk.client("A", data=1460, **fields).client("A", data=1460, **fields)
    rows = talk.capture.rows
    rows[-1], rows[-2] = rows[-2], rows[-1]
    rows[-1].time_ns, rows[-2].time_ns = rows[-2].time_ns, rows[-1].time_ns
    return len(rows) - 2


@pytest.mark.parametrize("fields", [{}, {"ip_id": 0}, {"ip_id": NO_IP_ID}], ids=["numbered", "id 0", "IPv6"])
def test_overtaken_on_the_way(capture: Capture, fields: dict[str, Any]) -> None:
    talk = opened(capture)
    place = swapped(talk, **fields)
    told = tracked(capture)
    assert told.verdicts()[place] == Verdict.NEW_DATA | Verdict.GAP_BEFORE
    assert told.verdicts()[place + 1] == Verdict.NEW_DATA | Verdict.OUT_OF_ORDER
    assert (told.client("out_of_order"), told.client("retransmits")) == (1, 0)


def test_the_senders_numbering_tells_a_late_packet_from_a_repeated_one(capture: Capture) -> None:
    """Captured at the receiver, half a second late, yet numbered before the one that overtook it: a slow path, not a repetition."""
    talk = opened(capture)
    talk.client("A", data=1460).client("A", data=1460)
    late, early = capture.rows[-2:]
    capture.rows[-2:] = [early]
    capture.now_ns = early.time_ns
    talk.wait("500ms")
    capture.add(late)
    assert tracked(capture).client("out_of_order") == 1


def test_a_newer_number_in_a_gap_was_sent_again(capture: Capture) -> None:
    """The original was lost before the capture point."""
    talk = opened(capture).client("A", data=1460, lost=True)
    start = talk.ends["client"].latest["seq"]
    talk.client("A", data=1460, dropped=True).wait("11ms").client("A", data=1460, seq=start)
    told = tracked(capture)
    assert told.last & Verdict.RETRANSMISSION
    assert (told.client("lost_before"), told.client("retransmits"), told.client("out_of_order")) == (1, 1, 0)


@pytest.mark.parametrize(("tsval", "again"), [(5_300, True), (4_999, False)], ids=["later clock", "earlier clock"])
def test_without_numbers_the_timestamp_clock_tells(capture: Capture, tsval: int, again: bool) -> None:
    stamp = {"options": OPT_TIMESTAMPS, "ip_id": NO_IP_ID, "tsval": 5_000}
    talk = capture.talk().open("10ms").client("A", data=1460, lost=True)
    start = talk.ends["client"].latest["seq"]
    talk.client("A", data=1460, dropped=True, **stamp).wait("2ms").client("A", data=1460, seq=start, **(stamp | {"tsval": tsval}))
    told = tracked(capture)
    assert (told.client("retransmits"), told.client("out_of_order")) == ((1, 0) if again else (0, 1))


@pytest.mark.parametrize(("wait", "again"), [("1ms", False), ("30ms", True)])
def test_without_any_witness_the_time_tells(capture: Capture, wait: str, again: bool) -> None:
    """No sender can learn of a loss before a round trip (here 10 ms) is over."""
    talk = capture.talk().open("10ms").client("A", data=1460, lost=True)
    start = talk.ends["client"].latest["seq"]
    talk.client("A", data=1460, dropped=True, ip_id=NO_IP_ID).wait(wait).client("A", data=1460, seq=start, ip_id=NO_IP_ID)
    told = tracked(capture)
    assert (told.client("retransmits"), told.client("out_of_order")) == ((1, 0) if again else (0, 1))


def test_a_gap_that_the_receiver_acknowledged_was_the_captures(capture: Capture) -> None:
    talk = opened(capture).client("A", data=1460, unseen=True).client("A", data=1460).wait("10ms").server("A")
    told = tracked(capture)
    assert told.client("gaps") == 1 and told.client("unseen_bytes") == 1460
    assert (told.client("retransmits"), told.client("out_of_order")) == (0, 0)
    assert talk.ends["server"].heard == talk.ends["client"].next


def test_a_bare_ack_behind_unseen_data(capture: Capture) -> None:
    opened(capture).client("A", data=1460, unseen=True).client("A")
    assert tracked(capture).last & Verdict.GAP_BEFORE


# --- probes ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [0, 1])
def test_keepalives(capture: Capture, data: int) -> None:
    """RFC 9293 §3.8.4: SEG.SEQ = SND.NXT-1, with or without a byte; no retransmission."""
    talk = opened(capture).wait("30s").client("A", data=data, shift=-1).wait("10ms")
    talk.server("A").wait("75s").client("A", data=data, shift=-1)
    told = tracked(capture)
    assert told.verdicts()[-3:] == [Verdict.KEEPALIVE, Verdict.KEEPALIVE_ANSWER, Verdict.KEEPALIVE]
    assert (told.client("keepalives"), told.client("keepalives_answered"), told.client("keepalive_run")) == (2, 1, 1)
    assert told.client("retransmits") == 0 and told.server("dup_acks") == 0


def test_unanswered_keepalives(capture: Capture) -> None:
    talk = opened(capture).wait("30s")
    for _ in range(3):
        talk.client("A", shift=-1).wait("10s")
    told = tracked(capture)
    assert (told.client("keepalives"), told.client("keepalives_answered"), told.client("keepalive_run")) == (3, 0, 3)
    assert told.connections.gave_up[0]


@pytest.mark.parametrize(("data", "shift"), [(0, -1), (1, 0)], ids=["Linux: an old number", "the next byte"])
def test_zero_window_probes(capture: Capture, data: int, shift: int) -> None:
    """RFC 9293 §3.8.6.1; Linux probes with a number below SND.UNA and no data, others with the next byte."""
    talk = opened(capture).client("A", data=1460).wait("10ms").server("A", window=0).wait("300ms")
    talk.client("A", data=data, shift=shift, dropped=True).wait("10ms").server("A", window=0)
    told = tracked(capture)
    assert told.verdicts()[-2] & Verdict.WINDOW_PROBE
    assert (told.client("window_probes"), told.client("probes_answered")) == (1, 1)
    assert (told.client("retransmits"), told.client("keepalives")) == (0, 0)


# --- against the window ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("data", "verdict"), [(1000, Verdict.WINDOW_FULL), (500, Verdict(0)), (1200, Verdict.BEYOND_WINDOW)])
def test_the_offered_window(capture: Capture, data: int, verdict: Verdict) -> None:
    opened(capture).server("A", window=1000).client("A", data=data)
    assert tracked(capture).last == Verdict.NEW_DATA | verdict


# --- dialogue -------------------------------------------------------------------------------------------------------------------------


def test_turns_and_thinking_time(capture: Capture) -> None:
    talk = capture.talk().open("1ms")
    for wait in ("5ms", "700ms"):
        talk.client("PA", data=100).server("A").wait(wait).server("PA", data=1000).client("A")
    told = tracked(capture)
    assert (told.server("turns"), told.server("slow_turns")) == (2, 1)
    assert 700_000_000 <= told.server("think_max_ns") < 701_000_000


def test_a_dialogue_within_one_nanosecond_has_turns(capture: Capture) -> None:
    """As on a loopback interface in virtual time: the order of the packets says who answers whom."""
    talk = capture.talk().open("1ms")
    capture.step_ns = 0
    for _ in range(3):
        talk.client("PA", data=100).server("PA", data=1000).server("PA", data=1000)
    told = tracked(capture)
    assert (told.server("turns"), told.client("turns")) == (3, 2)


def test_flight_is_what_is_not_acknowledged(capture: Capture) -> None:
    opened(capture).client("A", data=1460).client("A", data=1460).client("A", data=1460).server("A").client("A", data=1460)
    assert tracked(capture).client("flight_max_bytes") == 4380


def test_an_absurd_number_is_no_flight(capture: Capture) -> None:
    """A position far ahead fits no window (RFC 7323 §2.3: below 2^30) and must not pass the 32 bits of the column."""
    talk = opened(capture)
    talk.client("A", data=1460, seq=talk.ends["client"].next + (1 << 31) - 10)
    talk.client("A", data=1460, seq=talk.ends["client"].next + (1 << 32) - 20)
    assert 0 < tracked(capture).client("flight_max_bytes") < 1 << 30


def test_sack_is_the_receivers_word(capture: Capture) -> None:
    """RFC 8985: one SACK after a round trip is enough; no three duplicates are waited for."""
    talk = opened(capture).client("A", data=1460, dropped=True)
    start = talk.ends["client"].latest["seq"]
    talk.client("A", data=1460, dropped=True).wait("10ms")
    talk.server("A", options=OPT_SACK, sack_blocks=1, sack0_left=start + 1460, sack0_right=start + 2920).wait("3ms")
    talk.client("A", data=1460, seq=start)
    told = tracked(capture)
    assert told.last == Verdict.RETRANSMISSION | Verdict.FAST_RETRANSMIT
    assert told.server("sack_acks") == 1 and told.server("dsacks") == 0


@pytest.mark.parametrize("older", [{"ack": 500_001}, {}, {"ip_id": 5}])
def test_an_ack_that_its_fin_has_overtaken_is_no_probe(capture: Capture, older: dict[str, int]) -> None:
    talk = opened(capture).client("FA").server("A")
    if older:
        talk.wait("200ms")  # what it says is old tells it, or that it follows the FIN at once
    talk.client("A", shift=-1, **older)
    told = tracked(capture)
    assert (told.client("keepalives"), told.client("retransmits"), told.client("duplicates")) == (0, 0, 0)


def test_a_repeated_super_segment_counts_the_parts_that_fit_the_path(capture: Capture) -> None:
    """A router has named 1,300 bytes: 7,240 bytes are six segments of 1,260 at most, and no longer five of 1,448."""
    opened(capture).client("PA", data=7_240).icmp(code=4, mtu=1_300).client("PA", again=True).wait("20ms").server("A")
    assert tracked(capture).client("retransmits") == 6


def test_frames_of_certain_repetitions(capture: Capture) -> None:
    """A repetition on the receiver's word first, then a segment that silence makes its sender repeat twice."""
    talk = opened(capture)
    fast = talk.client("PA", data=100, dropped=True).client("PA", data=100)
    fast.wait("10ms").server("A").server("A").server("A").client("PA", data=100, seq=1_401).wait("10ms").server("A", ack=1_601)
    talk.client("PA", data=100, dropped=True).wait("300ms").client("PA", again=True, dropped=True).wait("600ms").client("PA", again=True)
    told = tracked(capture)
    last = len(told.rows)
    assert told.client("retransmit_frame") < last - 1
    assert (told.client("run_max"), told.client("run_max_frame"), told.client("wait_frame")) == (2, last - 1, last)
    assert told.client("probe_frame") in {0, last - 1}
