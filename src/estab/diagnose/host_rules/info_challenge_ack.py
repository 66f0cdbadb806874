"""Challenge ACKs were sent.

What it sees
    TCPChallengeACK moves.

Why it matters
    It shows SYNs or RSTs that did not fit; single ones are normal.

Evidence required
    The counter, beyond what stronger findings explain.

What else looks like this
    Guessing (`attack.blind_rst`, `attack.blind_syn`), a peer that restarted (`timewait.stale_tuple`).

What to do
    Nothing.

References
    RFC 5961; RFC 9293 §3.10.7.4
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.finding import Finding, Severity
from estab.diagnose.host_compose import counters, finding
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="info.challenge_ack",
    title=msg("Challenge ACKs were sent"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS}),
    references=("RFC 5961", "RFC 9293 §3.10.7.4"),
    yields_to=("attack.blind_rst", "attack.blind_syn", "timewait.stale_tuple"),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    sent = facts.left("TcpExt.TCPChallengeACK")
    if sent and not facts.found(*RULE.yields_to):
        yield finding(
            facts,
            RULE,
            confidence=0.9,
            summary=msg("{count} challenge ACKs were sent.", count=format_count(sent)),
            cause=msg(
                "A SYN, or a RST that was not exact, came for an open connection: a repeated SYN-ACK, a restarted peer, an old packet."
            ),
            count=sent,
            evidence=counters(facts, "TcpExt.TCPChallengeACK", "TcpExt.TCPSYNChallenge"),
        )
