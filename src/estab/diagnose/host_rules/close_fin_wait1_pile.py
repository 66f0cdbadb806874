"""FINs of this host are not acknowledged: sockets stay in FIN-WAIT-1.

What it sees
    Sockets in FIN-WAIT-1 whose FIN, or the data before it, is repeated, or which probe a closed window; nobody holds most of them.

Why it matters
    Each keeps its unsent data in the kernel's memory for about 100 s, longer where the peer answers probes.

Evidence required
    The same in both snapshots, or timeouts.

What else looks like this
    FIN-WAIT-2 (`close.fin_wait2_stuck`) has been acknowledged.  LAST-ACK (`close.last_ack_pile`) closed as the second.

What to do
    TCP_USER_TIMEOUT before close(); tcp_orphan_retries on busy edges.

References
    RFC 9293 §3.6; Documentation/networking/ip-sysctl.rst tcp_orphan_retries
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import close
from estab.diagnose.evidence.host_fins import UnansweredFins, fin_evidence, unanswered_fins
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import finding, hit, knob, place
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.text import format_count, msg

RULE = Rule(
    code="close.fin_wait1_pile",
    title=msg("FINs are not answered: sockets stay in FIN-WAIT-1"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("tcp_orphan_retries", "TCP_USER_TIMEOUT"),
    references=("RFC 9293 §3.6", "ip-sysctl: tcp_orphan_retries"),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each peer."""
    for found in unanswered_fins(facts, State.FIN_WAIT_1):
        yield _describe(facts, found)


def _describe(facts: HostFacts, found: UnansweredFins) -> Finding:
    rows = found.group.rows
    values = {"peer": found.group.endpoint.address, "count": format_count(len(rows)), "held": format_count(found.held_bytes)}
    alive = 2 * found.probing >= len(rows)
    return finding(
        facts,
        RULE,
        subject=place(found.group),
        rows=rows,
        severity=found.severity,
        confidence=0.85,
        title=msg("{count} sockets to {peer} stay in FIN-WAIT-1", "{count} socket to {peer} stays in FIN-WAIT-1", **values),
        summary=msg(
            "{count} closed sockets wait for {peer} to acknowledge their last data or their FIN; they hold {held} bytes.",
            "{count} closed socket waits for {peer} to acknowledge its last data or its FIN; it holds {held} bytes.",
            **values,
        ),
        hit=hit(facts, rows),
        cause=msg("The peer is alive and does not read: its window is closed, and the FIN stands behind the data.")
        if alive
        else msg("The peer or the path to it is gone."),
        evidence=[*fin_evidence(facts, found.group), *knob(facts, "tcp_orphan_retries")],
        ruled_out=[RuledOut("close.fin_wait2_stuck", msg("the FIN has not been acknowledged"))],
        advice=close.FIN_WAIT1_PILE,
    )
