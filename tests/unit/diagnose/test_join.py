"""Findings of a host and of packets, joined: the host of the leak, and a capture with its connections."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from estab.diagnose.catalog import all_codes
from estab.diagnose.finding import AbsenceEvidence, CounterEvidence, Finding, PacketsEvidence, Severity, Subject, SubjectKind
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.join import EXPLAINS, Joiner, same_place
from estab.diagnose.run import Diagnosis, NotRun, diagnosis_of
from estab.flow import parse_address
from estab.text import msg
from tests.unit.report.host_analyses import NGINX, reading

HERE = Subject(SubjectKind.LISTENER, "10.0.0.1", 80)
ELSEWHERE = Subject(SubjectKind.LISTENER, "10.9.9.9", 81)
NOWHERE = Subject(SubjectKind.HOST)

FACTS = HostFacts(reading(0, 3), reading(5, 3))
"""Row 0 is the listener, 1 to 3 are connections from 10.0.0.9:40000 to 40002."""


def packets(count: int = 4) -> Any:
    """Connections of the same clients to the same listener, one more than there are sockets; each has 5 packets of it and 2 of the host."""
    columns: dict[str, Any] = {f"a{word}": np.full(count, value) for word, value in enumerate(parse_address("10.0.0.9"))}
    columns |= {f"b{word}": np.full(count, value) for word, value in enumerate(parse_address("10.0.0.1"))}
    sides = SimpleNamespace(packets=np.full(count, 5)), SimpleNamespace(packets=np.full(count, 2))
    connections = SimpleNamespace(**columns, a_port=40_000 + np.arange(count), b_port=np.full(count, 80), side=lambda side: sides[side])
    return SimpleNamespace(count=count, connections=connections)


def of_host(code: str, subject: Subject = HERE, rows: tuple[int, ...] = (), **more: object) -> Finding:
    values = {
        "code": code, "severity": Severity.WARNING, "confidence": 0.8, "title": msg("host"), "summary": msg("s"), "subject": subject,
        "count": 3, "evidence": (CounterEvidence(msg("counter"), "c", 0, 3),), "cause": msg("c"), "first_ns": 5, "last_ns": 9,
        "members": np.array(rows, np.int64),
    }  # fmt: skip
    return Finding(**(values | more))  # type: ignore[arg-type]


def of_packets(code: str, subject: Subject = HERE, rows: tuple[int, ...] = (0,), **more: object) -> Finding:
    shown = (PacketsEvidence(msg("packets"), 2, (7, 8)),)
    return of_host(code, subject, rows, title=msg("packets"), evidence=shown, filter="tcp.port == 80", **more)


def joined(
    host: list[Finding], captured: list[Finding], only: frozenset[str] | None = None, *, incomplete: bool = False
) -> tuple[Finding, ...]:
    joiner = Joiner(FACTS, packets(), incomplete=incomplete)
    return joiner.join(diagnosis_of(host, [], 10), diagnosis_of(captured, [], 7), only=only).findings


def silent(code: str, **more: object) -> Finding:
    """A finding of packets that rests on what did not come."""
    return replace(of_packets(code, **more), evidence=(AbsenceEvidence(msg("nothing followed"), 0, 1, 2),))  # type: ignore[arg-type]


def told(finding: Finding) -> list[str]:
    return [str(evidence.text) for evidence in finding.evidence]


def test_one_cause_is_one_finding_with_both_kinds_of_evidence() -> None:
    (finding,) = joined([of_host("loss.rto", rows=(1,))], [of_packets("loss.rto", severity=Severity.CRITICAL)])
    assert told(finding) == ["counter", "packets"] and str(finding.title) == "host"
    assert finding.severity is Severity.CRITICAL and 0.8 < finding.confidence < 1
    assert finding.connections == (0,) and finding.filter == "tcp.port == 80"


def test_the_same_connection_is_the_same_thing_whatever_the_place_is_called() -> None:
    (finding,) = joined([of_host("flow.zero_window", ELSEWHERE, rows=(1,))], [of_packets("flow.zero_window", rows=(0, 3))])
    assert finding.subject == ELSEWHERE


def test_what_the_counters_know_without_a_place_is_told_with_the_worst_place_and_the_process() -> None:
    findings = joined(
        [of_host("loss.rto", NOWHERE)], [of_packets("loss.rto", severity=Severity.CRITICAL), of_packets("loss.rto", ELSEWHERE, rows=(3,))]
    )
    assert [(finding.subject, len(finding.evidence)) for finding in findings] == [(HERE, 2), (ELSEWHERE, 1)]
    assert str(findings[0].title) == "packets" and findings[0].owners == (NGINX,) and told(findings[0])[0] == "counter"


def test_other_places_and_other_codes_stay_apart() -> None:
    findings = joined([of_host("loss.rto", rows=(1,))], [of_packets("loss.rto", ELSEWHERE, rows=(3,)), of_packets("info.ecn", rows=(3,))])
    assert len(findings) == 3


def test_what_only_the_host_knows_explains_what_the_packets_show() -> None:
    full = of_host("handshake.accept_queue_overflow", Subject(SubjectKind.LISTENER, "0.0.0.0", 80), severity=Severity.CRITICAL)
    findings = joined([full], [of_packets("handshake.filtered"), of_packets("handshake.filtered", replace(HERE, port=81))])
    assert (findings[0].code, told(findings[0])) == ("handshake.accept_queue_overflow", ["counter", "packets"])
    assert [finding.subject.port for finding in findings] == [80, 81] and str(findings[0].title) == "host"


def test_a_cause_that_only_packets_show_takes_what_the_host_saw_of_it() -> None:
    """A path that drops large packets, of which the sockets show only repetitions."""
    weak = of_host("loss.rto_backoff", rows=(1, 2), severity=Severity.CRITICAL)
    (finding,) = joined([weak], [of_packets("path.pmtu_black_hole", rows=(0, 1))])
    assert finding.code == "path.pmtu_black_hole" and "counter" in told(finding) and finding.owners == (NGINX,)
    assert finding.severity is Severity.CRITICAL
    # Of two connections it explains one: there is something besides.
    assert len(joined([weak], [of_packets("path.pmtu_black_hole", rows=(0,))])) == 2


def test_what_only_packets_show_gets_the_sockets_and_their_process() -> None:
    (finding,) = joined([], [of_packets("rst.injected", rows=(3, 1))])
    assert [str(socket) for socket in finding.sockets] == ["10.0.0.1:80 → 10.0.0.9:40001"] and finding.owners == (NGINX,)
    assert "last_ack_recv" in told(finding)[1]
    (foreign,) = joined([], [of_packets("rst.injected", rows=(3,))])
    assert not foreign.sockets and not foreign.owners and told(foreign) == ["packets"]


def test_a_finding_of_the_host_is_told_with_what_its_connections_sent_meanwhile() -> None:
    (finding,) = joined([of_host("half_open.suspected", rows=(1, 2))], [])
    assert told(finding)[1] == "captured of its connections: 4 packets sent, 10 received" and finding.connections == (0, 1)
    (silent,) = joined([of_host("half_open.suspected", rows=(0,))], [])
    assert told(silent) == ["counter"] and silent.connections == ()


def test_the_same_evidence_is_told_once() -> None:
    captured = [of_packets("flow.zero_window"), of_packets("flow.persist_probes")]
    (finding,) = joined([of_host("flow.zero_window", rows=(1,))], captured)
    assert told(finding) == ["counter", "packets"]


def test_only_the_findings_asked_for_after_all_were_joined() -> None:
    full = of_host("handshake.accept_queue_overflow", Subject(SubjectKind.LISTENER, "0.0.0.0", 80))
    assert joined([full], [of_packets("handshake.filtered")], frozenset({"handshake.filtered"})) == ()


def test_a_code_could_not_be_found_only_where_neither_kind_of_rule_could_run() -> None:
    def lacking(*codes: str) -> Diagnosis:
        return diagnosis_of([], [NotRun(code, msg("why")) for code in codes], 10)

    # loss.rto has rules of both kinds, app.fd_limit one over hosts, rst.injected one over packets.
    result = Joiner(FACTS, packets()).join(
        lacking("loss.rto", "loss.tail_loss", "app.fd_limit"), lacking("loss.rto", "rst.injected", "rst.abort")
    )
    assert sorted(entry.code for entry in result.not_run) == ["app.fd_limit", "loss.rto", "rst.injected"] and result.rules_ran == 20


def test_what_did_not_come_to_a_socket_of_this_host_is_for_its_table_to_say() -> None:
    """The capture ended before the program could close."""
    assert joined([], [silent("close.close_wait_leak")]) == ()
    (known,) = joined([of_host("close.close_wait_leak", rows=(1,))], [silent("close.close_wait_leak")])
    assert told(known) == ["counter", "nothing followed"]
    # No table shows attempts that never reached a socket, and none shows what rules over sockets could not look for.
    assert len(joined([], [silent("handshake.filtered")])) == 1
    blind = Joiner(FACTS, packets()).join(
        diagnosis_of([], [NotRun("close.close_wait_leak", msg("why"))], 1), diagnosis_of([silent("close.close_wait_leak")], [], 1)
    )
    assert len(blind.findings) == 1


def test_what_did_not_come_to_others_is_told() -> None:
    """This host forwards the packets."""
    foreign = packets()
    for word, value in enumerate(parse_address("10.7.7.7")):
        setattr(foreign.connections, f"b{word}", np.full(4, value))
    assert len(Joiner(FACTS, foreign).join(diagnosis_of([], [], 1), diagnosis_of([silent("close.close_wait_leak")], [], 1)).findings) == 1


def test_where_packets_were_lost_nothing_is_told_that_did_not_come() -> None:
    assert joined([], [silent("handshake.filtered")], incomplete=True) == ()
    (known,) = joined([of_host("loss.rto", rows=(1,))], [silent("loss.rto")], incomplete=True)
    assert told(known)[0] == "counter" and "nothing followed" not in told(known)
    assert len(joined([], [of_packets("rst.injected")], incomplete=True)) == 1
    result = Joiner(FACTS, packets(), incomplete=True).join(diagnosis_of([], [], 1), diagnosis_of([silent("handshake.filtered")], [], 1))
    assert [(entry.code, "lost" in str(entry.why)) for entry in result.not_run] == [("handshake.filtered", True)]


def test_explanations_name_codes_that_exist() -> None:
    assert {code for key, codes in EXPLAINS.items() for code in (key, *codes)} <= all_codes()


@pytest.mark.parametrize(
    ("host", "captured", "same"),
    [
        (HERE, HERE, True),
        (Subject(SubjectKind.LISTENER, "0.0.0.0", 80), HERE, True),
        (Subject(SubjectKind.LISTENER, "::", 81), HERE, False),
        (Subject(SubjectKind.HOST, "10.0.0.1"), HERE, True),
        (Subject(SubjectKind.HOST, "10.0.0.2"), HERE, False),
        (NOWHERE, HERE, False),
        (HERE, Subject(SubjectKind.CAPTURE), False),
    ],
)
def test_places_that_are_the_same(host: Subject, captured: Subject, same: bool) -> None:
    assert same_place(host, captured) is same
