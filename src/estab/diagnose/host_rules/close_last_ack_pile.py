"""The last FIN of this host is not acknowledged: sockets stay in LAST-ACK.

What it sees
    Sockets in LAST-ACK whose FIN is repeated, or which were there before.

Why it matters
    Each lasts about 100 s.  Many show that a firewall forgot the flow after the first FIN, or that peers vanish.

Evidence required
    The same in both snapshots, or timeouts.

What else looks like this
    CLOSE-WAIT (`close.close_wait_leak`) has sent no FIN.  FIN-WAIT-1 (`close.fin_wait1_pile`) closed first.

What to do
    TCP_USER_TIMEOUT; a longer time for closing flows in the firewall.

References
    RFC 9293 §3.6
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import close
from estab.diagnose.evidence.host_fins import fin_evidence, unanswered_fins
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import finding, hit, knob, place
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.text import format_count, msg

RULE = Rule(
    code="close.last_ack_pile",
    title=msg("The last FIN is not answered: sockets stay in LAST-ACK"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("tcp_orphan_retries",),
    references=("RFC 9293 §3.6",),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each peer."""
    for found in unanswered_fins(facts, State.LAST_ACK):
        rows = found.group.rows
        values = {"peer": found.group.endpoint.address, "count": format_count(len(rows))}
        yield finding(
            facts,
            RULE,
            subject=place(found.group),
            rows=rows,
            severity=found.severity,
            confidence=0.85,
            title=msg("{count} sockets to {peer} stay in LAST-ACK", "{count} socket to {peer} stays in LAST-ACK", **values),
            summary=msg(
                "{count} sockets have sent their FIN as the second end, and {peer} does not acknowledge it.",
                "{count} socket has sent its FIN as the second end, and {peer} does not acknowledge it.",
                **values,
            ),
            hit=hit(facts, rows),
            cause=msg("The peer is gone, or a firewall forgot the flow after the peer's FIN."),
            evidence=[*fin_evidence(facts, found.group), *knob(facts, "tcp_orphan_retries")],
            ruled_out=[RuledOut("close.close_wait_leak", msg("the FIN has been sent: a timer repeats it"))],
            advice=close.LAST_ACK_PILE,
        )
