from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from estab.diagnose import compose
from estab.diagnose.facts import CLIENT, SERVER, Facts
from estab.diagnose.finding import CounterEvidence, Finding, Severity, Subject, SubjectKind
from estab.diagnose.rule import Rule
from estab.text import msg
from tests.rules.conversation import START_NS, Capture

RULE = Rule(code="area.pathology", title=msg("in general"), severity=Severity.WARNING, references=("RFC 9293",))


def two_connections() -> Facts:
    capture = Capture()
    for _ in range(2):
        capture.talk().open()
    return capture.facts()


def made(facts: Facts, rows: Any, **more: Any) -> Finding:
    values: dict[str, Any] = {
        "subject": Subject(SubjectKind.LISTENER, "10.0.0.2", 80),
        "summary": msg("s"),
        "cause": msg("c"),
        "confidence": 1.0,
    }
    values["evidence"] = [CounterEvidence(msg("e"), "counter", 0, 1)]
    return compose.finding(facts, RULE, rows=np.array(rows), **(values | more))


def test_what_the_rule_and_the_connections_say_is_filled_in() -> None:
    facts = two_connections()
    finding = made(facts, [1, 0])
    assert (finding.code, finding.severity, finding.title, finding.references) == (RULE.code, RULE.severity, RULE.title, RULE.references)
    assert (finding.count, finding.connections) == (2, (1, 0))
    assert finding.first_ns == START_NS and finding.last_ns == int(facts.connections.last_ns[1])


def test_what_a_rule_says_itself_stands() -> None:
    finding = made(two_connections(), [0], severity=Severity.INFO, title=msg("in particular"), count=7)
    assert (finding.severity, str(finding.title), finding.count) == (Severity.INFO, "in particular", 7)


@pytest.mark.parametrize(
    ("rows", "subject", "expected"),
    [
        ([0, 1], Subject(SubjectKind.LISTENER, "10.0.0.2", 80), "ip.addr == 10.0.0.2 && tcp.port == 80"),
        ([0, 1], Subject(SubjectKind.HOST, "2001:db8::1"), "ipv6.addr == 2001:db8::1"),
        ([1], Subject(SubjectKind.HOST, "10.0.0.1"), "ip.addr == 10.0.0.1 && tcp.port == 40002 && ip.addr == 10.0.0.2 && tcp.port == 80"),
        ([0, 1], Subject(SubjectKind.CAPTURE), "ip.addr == 10.0.0.1 && tcp.port == 40001 && ip.addr == 10.0.0.2 && tcp.port == 80"),
        ([], Subject(SubjectKind.CAPTURE), "tcp"),
    ],
)
def test_the_filter_shows_the_connections(rows: list[int], subject: Subject, expected: str) -> None:
    assert compose.display_filter(two_connections(), subject, np.array(rows, np.int64)) == expected


def test_whom_it_hurts_is_a_share_with_a_span_of_time() -> None:
    facts = two_connections()
    text = str(compose.hit_of(facts, np.array([0]), facts.attempted))
    assert text == str(compose.hit_of(facts, np.array([0]), np.array([0, 1])))
    assert text == "1 of 2 connections (50 %), 1 client address, 22:13:20 UTC"


def test_without_times_no_span_is_told() -> None:
    capture = Capture(timed=False)
    capture.talk().open()
    facts = capture.facts()
    assert "UTC" not in str(compose.hit_of(facts, np.array([0]), facts.attempted))


def test_the_owner_of_a_group_is_a_listener_or_a_host() -> None:
    facts = two_connections()
    (group,) = facts.group_by_side(facts.attempted, SERVER)
    assert compose.owner(group, SERVER) == Subject(SubjectKind.LISTENER, "10.0.0.2", 80)
    (group,) = facts.group_by_side(facts.attempted, CLIENT)
    assert compose.owner(group, CLIENT) == Subject(SubjectKind.HOST, "10.0.0.1")


def test_a_typical_duration_is_the_median() -> None:
    assert compose.typical(np.array([1, 2, 300])) == "2 ns" and compose.typical(np.array([], np.int64)) == "0 s"
