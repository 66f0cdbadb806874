from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from estab.diagnose.finding import CONNECTIONS_MAX, CounterEvidence, Finding, Severity, Subject, SubjectKind
from estab.text import msg


def finding(**more: Any) -> Finding:
    values: dict[str, Any] = {
        "code": "area.pathology",
        "severity": Severity.WARNING,
        "confidence": 0.9,
        "title": msg("title"),
        "summary": msg("summary"),
        "subject": Subject(SubjectKind.CAPTURE),
        "count": 1,
        "evidence": (CounterEvidence(msg("two"), "frames", 0, 2),),
        "cause": msg("cause"),
    }
    return Finding(**(values | more))


@pytest.mark.parametrize("wrong", [{"evidence": ()}, {"confidence": 1.1}, {"confidence": -0.1}, {"count": 0}])
def test_a_finding_that_says_nothing_cannot_be_built(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"area\.pathology"):
        finding(**wrong)


def test_severities_are_ordered_and_the_worst_is_the_greatest() -> None:
    assert sorted([Severity.CRITICAL, Severity.INFO, Severity.WARNING]) == [Severity.INFO, Severity.WARNING, Severity.CRITICAL]
    assert max(Severity) is Severity.CRITICAL and not Severity.INFO > Severity.INFO


def test_a_severity_is_not_compared_with_something_else() -> None:
    with pytest.raises(TypeError):
        assert Severity.INFO < "warning"


def test_the_connections_named_are_bounded_and_keep_their_order() -> None:
    members = np.arange(CONNECTIONS_MAX + 5)[::-1]
    named = finding(members=members, count=len(members)).connections
    assert len(named) == CONNECTIONS_MAX and named[:2] == (CONNECTIONS_MAX + 4, CONNECTIONS_MAX + 3)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (Subject(SubjectKind.LISTENER, "10.0.0.2", 80), "10.0.0.2:80"),
        (Subject(SubjectKind.LISTENER, "2001:db8::2", 80), "[2001:db8::2]:80"),
        (Subject(SubjectKind.HOST, "2001:db8::2"), "2001:db8::2"),
        (Subject(SubjectKind.CAPTURE), ""),
    ],
)
def test_a_subject_is_spelled_as_people_write_it(subject: Subject, text: str) -> None:
    assert str(subject) == text
