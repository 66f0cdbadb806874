from __future__ import annotations

import numpy as np

from estab.diagnose.finding import CounterEvidence, Finding, Severity, Subject, SubjectKind
from estab.diagnose.gather import PLACES_IN_FULL, gather
from estab.text import msg


def at(place: int, severity: Severity = Severity.WARNING) -> Finding:
    return Finding(
        code="handshake.refused",
        severity=severity,
        confidence=0.9,
        title=msg("refused"),
        summary=msg("refused"),
        subject=Subject(SubjectKind.LISTENER, f"10.0.0.{place}", 80),
        count=100 - place,
        evidence=(CounterEvidence(msg("seen"), "refused", 0, 1),),
        cause=msg("nobody listens"),
        members=np.array([place]),
        first_ns=place,
        last_ns=1000 + place,
    )


def test_a_handful_of_places_stays_in_full() -> None:
    few = [at(place) for place in range(PLACES_IN_FULL + 1)]
    assert gather(few) == few


def test_the_tail_of_many_places_becomes_one_finding_that_loses_no_connection() -> None:
    many = [at(place) for place in range(40)]
    gathered = gather(many)
    assert len(gathered) == PLACES_IN_FULL + 1 and gathered[:PLACES_IN_FULL] == many[:PLACES_IN_FULL]
    tail = gathered[-1]
    assert sorted(int(row) for finding in gathered for row in finding.members) == list(range(40))
    assert tail.count == sum(finding.count for finding in many[PLACES_IN_FULL:])
    assert (tail.first_ns, tail.last_ns, tail.subject.kind) == (PLACES_IN_FULL, 1039, SubjectKind.CAPTURE)
    assert "10.0.0.5:80" in str(tail.summary)


def test_severities_are_not_mixed() -> None:
    gathered = gather([at(place) for place in range(20)] + [at(place, Severity.INFO) for place in range(20, 23)])
    assert [finding.severity for finding in gathered].count(Severity.INFO) == 3
