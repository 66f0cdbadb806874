"""loss.rto: what a host shows of it, and what comes near."""

from __future__ import annotations

from estab.diagnose.finding import Severity
from tests.host_rules.hosts import facts_of, found, grown, socket

CODE = "loss.rto"


def timeouts(count: int, *, still: int = 0) -> list[Severity]:
    before = socket(total_rto=1, bytes_retrans=100)
    after = grown(before, total_rto=1 + count, bytes_retrans=100 + 1448 * count, retransmits=still)
    return [finding.severity for finding in found(CODE, facts_of(before=[before], after=[after]))]


def test_timeouts_that_were_overcome() -> None:
    assert [timeouts(count) for count in (0, 1, 5)] == [[], [Severity.INFO], [Severity.WARNING]]


def test_one_that_still_repeats_is_another_matter() -> None:
    assert timeouts(3, still=2) == []
