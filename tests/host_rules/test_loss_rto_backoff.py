"""loss.rto_backoff: what a host shows of it, and what comes near."""

from __future__ import annotations

import dataclasses

from estab.diagnose.finding import Severity
from estab.snapshot import TimerKind
from tests.host_rules.hosts import facts_of, found, socket

CODE = "loss.rto_backoff"


def repeating(times: int) -> list[Severity]:
    one = socket(retransmits=times, unacked_segments=1, last_ack_recv_ms=60_000, last_data_recv_ms=60_000)
    waiting = dataclasses.replace(one, timer=TimerKind.RETRANSMIT, send_queue=10)
    return [finding.severity for finding in found(CODE, facts_of(before=[waiting], after=[waiting]))]


def test_the_more_repetitions_the_surer() -> None:
    assert [repeating(times) for times in (1, 2, 4)] == [[], [Severity.INFO], [Severity.WARNING]]
