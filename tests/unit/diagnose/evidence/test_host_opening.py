from __future__ import annotations

from estab.diagnose.evidence.host_opening import accept_queue_is_full, distinct_targets, dropped_syns, half_open, sources, syn_sent
from tests.host_rules.builders import FULL, half, trying
from tests.host_rules.snapshots import Case, facts_of


def test_attempts_and_half_open_entries_are_counted() -> None:
    facts = facts_of(Case(code="a.b", name="x", severity=None, after=[FULL, *half(4, spread=True), *trying(5, ports=True)]))
    assert int(syn_sent(facts).sum()) == 5 and distinct_targets(facts, syn_sent(facts)) == 5
    (group,) = half_open(facts)
    assert len(group.rows) == 4 and sources(facts, group) == 4
    assert accept_queue_is_full(facts, 80) and not accept_queue_is_full(facts, 81)


def test_syns_dropped_at_the_syn_queue_are_not_those_of_the_accept_queue() -> None:
    facts = facts_of(Case(code="a.b", name="x", severity=None, moved={"TcpExt.ListenDrops": 9, "TcpExt.ListenOverflows": 4}))
    assert dropped_syns(facts) == 5
