"""Segments are dropped because their timestamps are old.

What it sees
    PAWSEstab moves without as many duplicates.

Why it matters
    Data vanishes without a word to its sender.

Evidence required
    PAWSEstab beyond TCPDSACKOldSent: plain duplicates of old segments raise both.

What else looks like this
    Duplicates by the network or by needless repetitions of the peer.

What to do
    Repair the device that rewrites or mixes timestamps.

References
    RFC 7323 §5
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import order
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="order.paws_drop",
    title=msg("Segments with old timestamps are dropped"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS}),
    knobs=("tcp_timestamps",),
    references=("RFC 7323 §5",),
)

SEVERAL = 3


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    dropped = facts.moved("TcpExt.PAWSEstab") - facts.moved("TcpExt.TCPDSACKOldSent", "TcpExt.TCPDSACKOfoSent")
    if dropped <= 0:
        return
    yield finding(
        facts,
        RULE,
        severity=Severity.WARNING if dropped >= SEVERAL else Severity.INFO,
        confidence=0.75,
        summary=msg(
            "{count} segments of open connections were dropped because their timestamp was older than the last one.",
            "{count} segment of an open connection was dropped because its timestamp was older than the last one.",
            count=format_count(dropped),
        ),
        cause=msg("A NAT mixes several hosts into one address, or a device rewrites timestamps."),
        count=dropped,
        evidence=counters(facts, "TcpExt.PAWSEstab", "TcpExt.TSEcrRejected", "TcpExt.PAWSOldAck"),
        ruled_out=[RuledOut("order.network_duplicate", msg("fewer duplicates came than segments were dropped"))],
        advice=order.PAWS_DROP,
    )
