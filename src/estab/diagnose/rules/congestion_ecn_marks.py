"""Routers mark packets instead of dropping them: congestion without loss.

What it sees
    Packets with the CE mark, or receivers that echo it (ECE), and senders that say they slowed down (CWR).

Why it matters
    It is how active queue management is meant to work.  Marks on practically every packet come from something that is broken or
    overloaded.

Evidence required
    CE marks on packets, or ECE behind the handshake, on connections that agreed on ECN.

What else looks like this
    ECE and CWR on a SYN only ask for ECN (`info.ecn`).

What to do
    Nothing.  Where nearly all packets are marked, look at the queue that marks them.

References
    RFC 3168 §6.1; RFC 8257; RFC 9331
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import losses
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Rule, Source
from estab.text import Text, format_count, msg
from estab.track.records import ECN_NEGOTIATED

RULE = Rule(
    code="congestion.ecn_marks",
    title=msg("Routers mark packets: congestion without loss"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    knobs=("tcp_ecn",),
    references=("RFC 3168 §6.1", "RFC 8257"),
)

NEARLY_ALL = 0.9
ENOUGH = 20


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener and direction with marks."""
    for side in (SERVER, CLIENT):
        me, peer = facts.connections.side(side), facts.connections.side(1 - side)
        signs = me.ce_packets + np.where(facts.marked(ECN_NEGOTIATED), peer.ece_packets, 0)
        places = losses.groups(facts, signs > 0, signs)
        yield from tell(places, functools.partial(_describe, facts, side=side), badness=places.total(signs))


def _describe(facts: Facts, group: Group, side: int) -> Finding:
    rows, row = group.rows, int(group.rows[0])
    me, peer, names = facts.connections.side(side), facts.connections.side(1 - side), losses.ends(facts, group, side)
    marked, capable = int(me.ce_packets[rows].sum()), int(me.ect_packets[rows].sum())
    echoed, slowed = int(peer.ece_packets[rows].sum()), int(me.cwr_packets[rows].sum())
    values = {
        "marked": format_count(marked),
        "capable": format_count(capable),
        "echoed": format_count(echoed),
        "slowed": format_count(slowed),
        **names,
    }
    evidence: list[Evidence] = []
    if marked:
        evidence.append(
            CounterEvidence(msg("{marked} of {capable} ECN-capable packets from {sender} carry CE", **values), "ce_packets", 0, marked)
        )
    if echoed:
        evidence.append(CounterEvidence(msg("{receiver} echoed congestion on {echoed} packets (ECE)", **values), "ece_packets", 0, echoed))
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        confidence=0.97,
        summary=msg(
            "Packets from {sender} were marked for congestion: {marked} seen with CE, {echoed} echoes, {slowed} answers (CWR).", **values
        ),
        hit=hit_of(facts, rows, losses.kin(facts, row)),
        cause=_cause(marked, capable),
        evidence=evidence,
        ruled_out=[RuledOut("loss.retransmission", msg("the router marked these packets in place of dropping them"))],
    )


def _cause(marked: int, capable: int) -> Text:
    if capable >= ENOUGH and marked >= NEARLY_ALL * capable:
        return msg("Practically every packet is marked: the queue that marks is overloaded all the time, or its marking is broken.")
    return msg("A queue on the way manages itself actively and asks the sender to slow down before it has to drop.")
