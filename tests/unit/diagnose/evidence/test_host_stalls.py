from __future__ import annotations

from typing import Any

import pytest

from estab.diagnose.evidence.host_stalls import never_passed_full, quiet_before_ms, repeating, share_of_interval, stalled_for_ms
from estab.snapshot import TimerKind
from tests.host_rules.snapshots import Case, facts_of, opened


def host(**fields: Any):  # type: ignore[no-untyped-def]
    return facts_of(Case(code="a.b", name="x", severity=None, after=[opened(**fields)]))


def test_the_doubled_timeout_tells_since_when_a_segment_is_repeated() -> None:
    """Sent at 0, again at 0.2, 0.6 and 1.4 s; the next time is due at 3.0 s, and now it is 2.0 s."""
    facts = host(retransmits=3, backoff=3, rto_us=1_600_000, timer_expires_ms=1_000, last_ack_recv_ms=62_000)
    assert stalled_for_ms(facts).tolist() == [2_000] and quiet_before_ms(facts).tolist() == [60_000]
    assert stalled_for_ms(host()).tolist() == [0]


def test_repetition_needs_the_retransmission_timer() -> None:
    assert repeating(host(retransmits=2, timer=TimerKind.RETRANSMIT), 2).tolist() == [True]
    assert repeating(host(retransmits=2, timer=TimerKind.PERSIST), 2).tolist() == [False]


@pytest.mark.parametrize(
    ("fields", "never"),
    [
        ({"send_queue": 5_000, "bytes_acked": 500}, True),
        ({"send_queue": 500, "bytes_acked": 500}, False),
        ({"send_queue": 5_000, "bytes_acked": 50_000}, False),
        ({"send_queue": 5_000, "bytes_acked": 500, "snd_mss_bytes": 536}, False),
    ],
)
def test_full_segments_that_never_passed(fields: dict[str, int], never: bool) -> None:
    assert never_passed_full(host(**fields)).tolist() == [never]


def test_shares_of_the_interval_are_at_most_one() -> None:
    assert share_of_interval(host(busy_time_us=1_000_000), "busy_time_us").tolist() == [0.2]
    assert share_of_interval(host(busy_time_us=99_000_000), "busy_time_us").tolist() == [1.0]
