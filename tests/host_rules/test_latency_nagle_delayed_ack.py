"""latency.nagle_delayed_ack: what a host shows of it, and what a busy host shows that comes near."""

from __future__ import annotations

from typing import Any

from estab.diagnose.finding import Severity
from tests.host_rules.hosts import INTERVAL_NS, facts_of, found, grown, socket

CODE = "latency.nagle_delayed_ack"
TURNS = 20 * INTERVAL_NS // 1_000_000_000
PATH: dict[str, Any] = {
    "last_data_recv_ms": 500, "last_data_sent_ms": 500, "advmss_bytes": 1448, "snd_mss_bytes": 1448, "ato_us": 40_000, "min_rtt_us": 100,
}  # fmt: skip
GETS = {"data_segs_in": 2 * TURNS, "segs_in": 2 * TURNS, "data_segs_out": TURNS, "segs_out": 2 * TURNS, "bytes_received": 20 * TURNS}
WRITES = {"data_segs_out": 2 * TURNS, "segs_out": 2 * TURNS, "data_segs_in": TURNS, "segs_in": 2 * TURNS, "bytes_sent": 20 * TURNS}


def receiver(recv_queue: int = 0, delayed: int = TURNS, **info: Any) -> int:
    """How many findings one connection makes that gets its messages in two pieces."""
    before = socket(**PATH)
    after = grown(before, **(GETS | {"rtt_us": 300, "last_data_sent_ms": 25, "last_data_recv_ms": 20} | info))
    object.__setattr__(after, "recv_queue", recv_queue)
    return len(found(CODE, facts_of({"TcpExt.DelayedACKs": delayed}, before=[before], after=[after])))


def sender(before_info: dict[str, Any] | None = None, **info: Any) -> int:
    """How many findings one connection makes that writes its messages in two pieces."""
    before = socket(**PATH, **(before_info or {}))
    after = grown(before, **(WRITES | {"rtt_us": 22_000, "notsent_bytes": 0, "unacked_segments": 0} | info))
    return len(found(CODE, facts_of(before=[before], after=[after])))


def test_two_small_segments_and_an_ack_for_each_answer_are_found() -> None:
    assert receiver() == 1


def test_a_pace_that_no_delayed_ack_allows_is_something_else() -> None:
    fast = {name: 2 * count for name, count in GETS.items()}
    assert receiver(delayed=2 * TURNS, **fast) == 0


def test_answers_that_carry_the_ack_did_not_wait_for_one() -> None:
    assert receiver(segs_out=TURNS + TURNS // 2) == 0


def test_a_request_that_waits_for_its_answer_waits_for_no_ack() -> None:
    assert receiver(last_data_sent_ms=20, last_data_recv_ms=25) == 0
    assert receiver(last_data_sent_ms=20, last_data_recv_ms=20, unacked_segments=1) == 0


def test_data_that_waits_unread_waits_for_a_program() -> None:
    assert receiver(recv_queue=200) == 0


def test_a_program_at_work_on_the_request_waits_for_no_ack() -> None:
    assert receiver(last_data_recv_ms=80, last_data_sent_ms=130) == 0


def test_the_writer_is_found_when_it_is_met_waiting() -> None:
    waiting: dict[str, Any] = {"notsent_bytes": 10, "unacked_segments": 1}
    assert sender(**waiting) == 1
    assert sender(waiting) == 1


def test_few_messages_are_a_note() -> None:
    few = {name: count // 16 for name, count in GETS.items()}
    before = socket(**PATH)
    after = grown(before, **few, last_data_sent_ms=300, last_data_recv_ms=301)
    (finding,) = found(CODE, facts_of({"TcpExt.DelayedACKs": TURNS}, before=[before], after=[after]))
    assert finding.severity is Severity.INFO


def test_a_writer_whose_pieces_leave_at_once_is_not_held() -> None:
    assert sender() == 0
    assert sender(unacked_segments=2) == 0
