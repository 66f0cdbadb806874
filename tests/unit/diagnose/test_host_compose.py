"""Findings of rules over a live host: names and old values are filled in."""

from __future__ import annotations

from estab.diagnose.host_compose import counter, counters, knob, spell_owner
from estab.snapshot import Owner
from tests.host_rules.hosts import facts_of, found


def test_a_counter_is_told_with_both_readings() -> None:
    evidence = counter(facts_of({"TcpExt.ListenDrops": 12}), "TcpExt.ListenDrops")
    assert (evidence.counter, evidence.before, evidence.after) == ("TcpExt.ListenDrops", 100, 112)


def test_counters_that_stand_still_are_no_evidence() -> None:
    assert len(counters(facts_of({"a": 1, "b": 0}), "a", "b", "absent")) == 1


def test_a_setting_that_was_not_read_is_no_evidence() -> None:
    assert len(knob(facts_of(knobs={"tcp_mem": "1\t2\t3"}), "tcp_mem")) == 1 and knob(facts_of(), "tcp_mem") == []


def test_an_owner_by_name_and_number() -> None:
    assert "nginx" in spell_owner(Owner(77, "nginx")) and "77" in spell_owner(Owner(77, "nginx"))


def test_the_undo_is_the_hosts_own_value() -> None:
    facts = facts_of({"Softnet.dropped": 5}, knobs={"netdev_max_backlog": "777"})
    (finding,) = found("path.softnet_drop", facts)
    undone = {name: str(value) for remedy in finding.remedy for name, value in remedy.undo.items()}
    assert undone.get("net.core.netdev_max_backlog") in {None, "777"}
