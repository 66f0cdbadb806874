"""Packets are dropped because the way back would lead elsewhere (reverse path filter).

What it sees
    IPReversePathFilter moves.

Why it matters
    A capture shows the SYN, and nobody answers.

Evidence required
    The counter; a few may be stray packets: a note.

What else looks like this
    A packet filter has counters of its own.

What to do
    Correct routes for the way back; else loose mode on that interface.

References
    RFC 3704; Documentation/networking/ip-sysctl.rst rp_filter
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import path
from estab.diagnose.finding import Evidence, Finding, KnobEvidence, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="path.rp_filter_drop",
    title=msg("The reverse path filter drops packets"),
    severity=Severity.WARNING,
    seen_from=Source.LIVE,
    needs=frozenset({Need.COUNTERS}),
    knobs=("rp_filter",),
    references=("RFC 3704", "ip-sysctl: rp_filter"),
)

SEVERAL = 2


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    dropped = facts.moved("TcpExt.IPReversePathFilter")
    if dropped:
        yield finding(
            facts,
            RULE,
            severity=Severity.WARNING if dropped >= SEVERAL else Severity.INFO,
            confidence=0.9,
            summary=msg("{count} packets came in on an interface by which this host would not answer them.", count=format_count(dropped)),
            cause=msg(
                "The routes there and back differ, and rp_filter is strict on that interface (the larger of its value and that of all)."
            ),
            count=dropped,
            evidence=[*counters(facts, "TcpExt.IPReversePathFilter"), *_strict(facts)],
            ruled_out=[RuledOut("handshake.filtered", msg("the packets arrive, and the kernel counts why it drops them"))],
            advice=path.RP_FILTER_DROP,
        )


def _strict(facts: HostFacts) -> list[Evidence]:
    """The interfaces that are strict."""
    return [
        KnobEvidence(msg("{knob} = {value}", knob=name, value=value), name, value)
        for name, value in facts.after.knobs.items()
        if name.startswith("net.ipv4.conf.") and name.endswith(".rp_filter") and value == "1"
    ]
