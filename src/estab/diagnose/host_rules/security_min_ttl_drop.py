"""Segments are dropped because they have come too far (IP_MINTTL, GTSM).

What it sees
    TCPMinTTLDrop moves.

Why it matters
    The session stays open and stalls: what arrives is dropped without a word.

Evidence required
    The counter.

What else looks like this
    Loss on the path leaves it alone.

What to do
    Correct the expected number of hops.

References
    RFC 5082; ip(7) IP_MINTTL
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import security
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import THIS_HOST, counters, finding, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import NO_ROWS
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="security.min_ttl_drop",
    title=msg("Segments that have come too far are dropped"),
    severity=Severity.WARNING,
    seen_from=Source.LIVE,
    needs=frozenset({Need.COUNTERS, Need.SOCKETS}),
    references=("RFC 5082", "ip(7): IP_MINTTL"),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host, at the sockets that dropped."""
    dropped = facts.moved("TcpExt.TCPMinTTLDrop")
    if not dropped:
        return
    groups = facts.by_place(facts.t.grew("drops") > 0, facts.t.grew("drops"))
    rows = groups[0].rows if groups else NO_ROWS
    yield finding(
        facts,
        RULE,
        subject=place(groups[0]) if groups else THIS_HOST,
        rows=rows,
        confidence=0.95,
        summary=msg(
            "{count} segments were dropped because their TTL was below the one that the socket asks for.",
            "{count} segment was dropped because its TTL was below the one that the socket asks for.",
            count=format_count(dropped),
        ),
        cause=msg("IP_MINTTL expects a peer nearby, and there are more routers between than it allows; or somebody forges."),
        count=dropped,
        evidence=[*counters(facts, "TcpExt.TCPMinTTLDrop"), *([reading(facts, int(rows[0]), "drops")] if len(rows) else ())],
        ruled_out=[RuledOut("half_open.peer_vanished", msg("the peer's segments arrive"))],
        advice=security.MIN_TTL_DROP,
    )
