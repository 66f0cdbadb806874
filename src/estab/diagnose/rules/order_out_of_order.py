"""Packets overtake each other on their way to the capture point.

What it sees
    A segment passes after one that its sender had sent later, and the sender's own numbering, its timestamps or the time show that it
    was sent in its turn and not again.

Why it matters
    The receiver answers each gap with duplicate ACKs; a sender that takes them for a loss repeats needlessly and slows down.  Linux learns
    and becomes tolerant, up to tcp_max_reordering.

Evidence required
    Late segments that were no repetitions.  Five and more, and more than 1 % of the segments (or needless repetitions because of it),
    are a fault of the path; less is a note.

What else looks like this
    A repetition whose original was lost before the capture point (`loss.retransmission`); a capture whose own packets are out of
    order (a file written by several queues).

What to do
    Find what sends packets of one connection over several paths: per-packet load balancing, a bond in round-robin mode, Wi-Fi,
    several receive queues.  Let flows be hashed instead.

References
    RFC 4737; RFC 8985 §3.3; RFC 9293 §3.10.7.4
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from estab.diagnose.advice import order
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import losses
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="order.out_of_order",
    title=msg("Packets arrive in another order than they were sent"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.TIMES}),
    knobs=("tcp_max_reordering", "tcp_reordering"),
    references=("RFC 4737", "RFC 8985 §3.3"),
)

MANY = 5
NOTICED_SHARE = 0.01


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener and direction in which packets overtook each other."""
    for side in (SERVER, CLIENT):
        late = facts.connections.side(side).out_of_order
        found = losses.direction(facts, side)
        places = losses.groups(facts, late > 0, late)
        counts, sent = places.total(late), places.kin_total(found.sent)
        severe = ((counts >= MANY) & (counts >= NOTICED_SHARE * sent)) | (places.total(found.needless) >= losses.FEW)
        yield from tell(places, functools.partial(_describe, facts, found=found), severe=severe, counts=counts)


def _describe(facts: Facts, group: Group, found: losses.Direction) -> Finding:
    rows, row, side = group.rows, int(group.rows[0]), found.side
    kin, names = facts.rows_to_server(row), losses.ends(facts, group, side)
    me = facts.connections.side(side)
    late, sent, needless = int(me.out_of_order[rows].sum()), int(found.sent[kin].sum()), int(found.needless[rows].sum())
    many = late >= MANY and late >= NOTICED_SHARE * sent
    values = {"late": format_count(late), "sent": format_count(sent), "percent": losses.share(late, sent), **names}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        count=late,
        severity=RULE.severity if many or needless >= losses.FEW else Severity.INFO,
        confidence=0.85,
        title=msg("Packets from {sender} arrive out of order", **names),
        summary=msg(
            "{late} of {sent} data segments from {sender} were overtaken on the way ({percent} %).",
            "{late} of {sent} data segments from {sender} was overtaken on the way ({percent} %).",
            **values,
        ),
        hit=hit_of(facts, rows, kin[facts.established[kin]]),
        cause=msg("Between {sender} and the capture point packets of one connection travel with different delays.", **names),
        evidence=_evidence(facts, row, side, late, needless),
        ruled_out=[
            RuledOut("loss.retransmission", msg("the late packets were sent before those that overtook them: sent once, not again"))
        ],
        remedy=order.OUT_OF_ORDER.remedy,
        do_not=order.OUT_OF_ORDER.do_not,
    )


def _evidence(facts: Facts, row: int, side: int, late: int, needless: int) -> list[Evidence]:
    result: list[Evidence] = [PacketsEvidence(msg("a packet that came late"), row, facts.frames(row, (side, "late_frame")))]
    result.append(CounterEvidence(msg("{count} packets overtaken", count=format_count(late)), "out_of_order", 0, late))
    if needless:
        text = msg("{count} segments were sent again needlessly meanwhile", count=format_count(needless))
        result.append(CounterEvidence(text, "needless", 0, needless))
    return result
