"""Attempts that were too short for a table."""

from __future__ import annotations

from estab.diagnose.evidence import host_attempts as attempts
from estab.diagnose.finding import Severity
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_rules import handshake_filtered, handshake_refused
from estab.flow import Endpoint
from tests.unit.diagnose.ended import BLOCKING, CALLER, REFUSED, THERE, UNANSWERED, facts, socket


def tried(count: int, info: dict[str, int], port: int = 82) -> HostFacts:
    sockets = [socket(info, 40_000 + number, port) for number in range(count)]
    moved = {"Tcp.ActiveOpens": count, "Tcp.AttemptFails": count}
    return facts(sockets, openers={Endpoint(THERE, port): {CALLER: count}}, counters=moved)


def test_refusals_are_told_with_destination_process_and_sockets() -> None:
    made = tried(5, REFUSED)
    (finding,) = handshake_refused.check(made)
    assert (finding.subject.address, finding.subject.port, finding.count, finding.severity) == (THERE, 82, 5, Severity.WARNING)
    assert finding.owners == (CALLER,) and len(finding.sockets) == 5
    assert "caller (pid 7) connected there 5 times" in [str(one.text) for one in finding.evidence]
    assert attempts.given_up(made) == []


def test_without_anybody_who_listened_the_counters_speak_for_the_host() -> None:
    known = tried(5, REFUSED)
    (finding,) = handshake_refused.check(HostFacts(known.before, known.after))
    assert finding.subject.address is None and finding.count == 5 and finding.owners == ()


def test_attempts_that_were_given_up_are_told_where_the_syn_was_repeated() -> None:
    (finding,) = handshake_filtered.check(tried(1, UNANSWERED))
    assert (finding.subject.port, finding.severity, finding.owners) == (82, Severity.WARNING, (CALLER,))
    (once,) = handshake_filtered.check(tried(1, UNANSWERED | {"total_retrans": 1}))
    assert once.severity is Severity.INFO
    assert list(handshake_filtered.check(tried(9, UNANSWERED | {"total_retrans": 0}))) == []  # nobody waited for an answer


def test_the_evidence_is_the_attempt_that_tried_longest() -> None:
    made = facts([socket(UNANSWERED | {"total_retrans": repeats}, 40_000 + repeats, 82) for repeats in (1, 4, 2)])
    (place,) = attempts.given_up(made)
    assert attempts.most_repeats(made, place) == 4
    assert "40004 → 10.9.2.2:82" in str(attempts.evidence(made, place)[0].text) and attempts.openers(place) == ()


def test_attempts_that_failed_within_connect_were_refused_where_none_timed_out() -> None:
    (finding,) = handshake_refused.check(tried(4, BLOCKING))
    assert finding.subject.port == 82 and finding.count == 4 and finding.owners == (CALLER,)
    made = tried(4, BLOCKING)
    made.after.counters["TcpExt.TCPAbortOnTimeout"] = made.before.counters["TcpExt.TCPAbortOnTimeout"] = 0  # type: ignore[index]
    made.after.counters["TcpExt.TCPAbortOnTimeout"] = 1  # type: ignore[index]
    assert attempts.refused(made) == []


def test_ends_that_are_not_known_are_not_named() -> None:
    made = facts([socket(BLOCKING, 40_000, 0, here="0.0.0.0")])
    (place,) = attempts.refused(made)
    assert attempts.names(made, place) == () and str(place.group) == THERE
