from __future__ import annotations

from estab.diagnose.evidence.host_fins import fin_evidence, unanswered_fins
from estab.diagnose.finding import Severity
from estab.machine.states import State
from estab.snapshot import TimerKind
from tests.host_rules.snapshots import Case, accepted, facts_of


def test_fins_that_were_repeated_or_lasted_are_counted_by_peer() -> None:
    old = accepted(0, State.LAST_ACK)
    repeated = accepted(1, State.LAST_ACK, retransmits=2, wmem_queued_bytes=4_000)
    probing = accepted(2, State.LAST_ACK, timer=TimerKind.PERSIST, probes=3)
    fresh = accepted(3, State.LAST_ACK)
    facts = facts_of(Case(code="a.b", name="x", severity=None, before=[old], after=[old, repeated, probing, fresh]))
    (found,) = unanswered_fins(facts, State.LAST_ACK)
    assert found.group.rows.tolist() == [1, 0, 2] and found.probing == 1 and found.held_bytes == 4_000
    assert found.severity is Severity.WARNING and "retransmits 2" in str(fin_evidence(facts, found.group)[0].text)
    assert unanswered_fins(facts, State.CLOSING) == []
