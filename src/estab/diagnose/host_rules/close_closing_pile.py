"""Both ends closed at once, and the ACKs of the FINs are lost: sockets stay in CLOSING.

What it sees
    Sockets in CLOSING whose FIN is repeated, or which were there before.

Why it matters
    Rare; many of them mean that packets are lost one way.

Evidence required
    The state, and that it lasts.

What else looks like this
    A simultaneous close passes through CLOSING within a round trip.

What to do
    Look for one-way loss.

References
    RFC 9293 §3.6, figure 13
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import close
from estab.diagnose.evidence.host_fins import fin_evidence, unanswered_fins
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import finding, hit, place
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.text import format_count, msg

RULE = Rule(
    code="close.closing_pile",
    title=msg("Sockets stay in CLOSING"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("tcp_orphan_retries",),
    references=("RFC 9293 §3.6",),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each peer."""
    for found in unanswered_fins(facts, State.CLOSING):
        rows = found.group.rows
        values = {"peer": found.group.endpoint.address, "count": format_count(len(rows))}
        yield finding(
            facts,
            RULE,
            subject=place(found.group),
            rows=rows,
            severity=found.severity,
            confidence=0.85,
            title=msg("{count} sockets to {peer} stay in CLOSING", "{count} socket to {peer} stays in CLOSING", **values),
            summary=msg("Both ends have sent their FIN, and {peer} does not acknowledge that of {count} sockets here.", **values),
            hit=hit(facts, rows),
            cause=msg("Both ends closed at the same moment, and the ACKs on the way here are lost."),
            evidence=fin_evidence(facts, found.group),
            ruled_out=[RuledOut("close.last_ack_pile", msg("this end had sent its FIN before the peer's came"))],
            advice=close.CLOSING_PILE,
        )
