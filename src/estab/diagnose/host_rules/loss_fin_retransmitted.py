"""FINs were sent again.

What it sees
    Sockets in FIN-WAIT-1, CLOSING or LAST-ACK whose timer has run out at least once.

Why it matters
    A close takes longer; for most programs nothing.

Evidence required
    The count of timeouts.

What else looks like this
    Several of one peer are a pile (`close.fin_wait1_pile`, `close.last_ack_pile`).

What to do
    Nothing.

References
    RFC 9293 §3.6, §3.8.1
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.finding import Finding, Severity
from estab.diagnose.host_compose import counters, finding, hit, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.text import format_count, msg

RULE = Rule(
    code="loss.fin_retransmitted",
    title=msg("A FIN was sent again"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    references=("RFC 9293 §3.6",),
    yields_to=("close.fin_wait1_pile", "close.last_ack_pile", "close.closing_pile"),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each peer."""
    t = facts.t
    again = t.state(State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK) & ((t["total_retrans"] > 0) & t.is_new | (t["retransmits"] >= 1))
    for group in facts.by_peer(again & facts.unclaimed(RULE.yields_to), t["retransmits"]):
        values = {"peer": group.endpoint.address, "count": format_count(len(group.rows))}
        yield finding(
            facts,
            RULE,
            subject=place(group),
            rows=group.rows,
            confidence=0.7,
            summary=msg("{count} FINs to {peer} had to be sent again.", **values),
            hit=hit(facts, group.rows),
            cause=msg("The FIN or its ACK was lost, or the peer is slow to acknowledge."),
            evidence=[reading(facts, int(group.rows[0]), "retransmits", "total_retrans"), *counters(facts, "TcpExt.TCPTimeouts")],
        )
