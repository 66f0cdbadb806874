"""This host sent segments again that had arrived.

What it sees
    The kernel took back what it had done: TCPDSACKUndo, TCPLossUndo, TCPFullUndo, TCPSpuriousRTOs; the peer reports segments twice.

Why it matters
    A timeout was shorter than a delay on the path; the sending rate dropped for nothing.

Evidence required
    The counters, with D-SACKs on sockets that had timeouts.

What else looks like this
    Real loss has no D-SACK (`loss.retransmission`).  Reordering (`order.out_of_order`).

What to do
    Look for what delays packets for a moment.

References
    RFC 5682; RFC 3708; RFC 4015
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import loss
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import THIS_HOST, counters, finding, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import NO_ROWS
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="loss.spurious_retransmission",
    title=msg("Segments are sent again although they had arrived"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS, Need.SOCKETS}),
    knobs=("tcp_frto",),
    references=("RFC 5682", "RFC 3708"),
    yields_to=("order.out_of_order",),
)

UNDOS = ("TcpExt.TCPDSACKUndo", "TcpExt.TCPLossUndo", "TcpExt.TCPFullUndo", "TcpExt.TCPSpuriousRTOs")


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host, at the peer with the most of it."""
    undone = facts.left(*UNDOS)
    timeouts = facts.moved("TcpExt.TCPTimeouts")
    if not undone or (not timeouts and facts.found("order.out_of_order")):
        return
    t = facts.t
    needless = (t.grew("dsack_dups") > 0) & (t.grew("total_retrans") > 0)
    groups = facts.by_peer(needless, t.grew("dsack_dups"))
    rows = groups[0].rows if groups else NO_ROWS
    again = int(t.grew("dsack_dups")[rows].sum())
    values = {"count": format_count(max(again, undone)), "undone": format_count(undone)}
    yield finding(
        facts,
        RULE,
        subject=place(groups[0]) if groups else THIS_HOST,
        rows=rows,
        confidence=0.85,
        summary=msg("{count} segments were sent again in vain; {undone} times the kernel took its slowing down back.", **values),
        cause=msg("A delay on the path was longer than the timeout, so late packets were taken for lost.")
        if timeouts
        else msg("Packets came late or in another order, so that they were taken for lost; no timeout was involved."),
        count=max(again, undone),
        evidence=[
            *counters(facts, *UNDOS, "TcpExt.TCPDSACKRecv", "TcpExt.TCPTimeouts"),
            *([reading(facts, int(rows[0]), "dsack_dups", "total_retrans", "rto_us", "rtt_us", "rttvar_us")] if len(rows) else ()),
        ],
        ruled_out=[RuledOut("loss.retransmission", msg("the peer had these segments twice"))],
        advice=loss.SPURIOUS_RETRANSMISSION,
    )
