"""Runs the rules for a live host: those whose readings are there, and for the others the reason why not."""

from __future__ import annotations

from collections.abc import Iterable

from estab.diagnose.catalog import host_rules
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import HostRule, Need, Rule
from estab.diagnose.run import Diagnosis, run_rules
from estab.text import Text, msg

READINGS = {Need.SOCKETS: "sockets", Need.COUNTERS: "counters", Need.KNOBS: "knobs", Need.PROCESSES: "owners"}
"""What a need is called where a snapshot says what it could not read."""


def diagnose_host(facts: HostFacts, rules: Iterable[HostRule] | None = None, *, only: frozenset[str] | None = None) -> Diagnosis:
    """Runs all rules for hosts, or those given; `only` keeps the findings of these codes."""
    return run_rules(facts, host_rules() if rules is None else rules, reason_not_to_run, only=only)


def reason_not_to_run(rule: Rule, facts: HostFacts) -> Text | None:
    """Why a rule cannot run over these snapshots, or None where it can."""
    for need, name in READINGS.items():
        if need in rule.needs and (why := _missing(need, name, facts)) is not None:
            return why
    return None


def _missing(need: Need, name: str, facts: HostFacts) -> Text | None:
    reason = facts.unseen(name)
    if need is Need.SOCKETS and (facts.before.sockets is None or facts.after.sockets is None):
        return msg("needs the table of sockets, which could not be read: {reason}", reason=reason or "-")
    if need is Need.COUNTERS and not (facts.before.counters and facts.after.counters):
        return msg("needs the kernel's counters, which could not be read: {reason}", reason=reason or "-")
    if need is Need.KNOBS and not facts.after.knobs:
        return msg("needs the settings, which could not be read: {reason}", reason=reason or "-")
    if need is Need.PROCESSES and reason is not None:
        return msg("needs the owners of sockets, which could not all be seen: {reason}", reason=reason)
    return None
