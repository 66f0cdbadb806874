"""Segments bear timestamps that are older than their connection: the receiver drops them.

What it sees
    Packets of one side whose TSval lies before the first that this side has sent on the connection.

Why it matters
    RFC 7323 has the receiver drop such segments, whatever they carry; their sender learns of it only by a timer.

Evidence required
    The first timestamp of that side, and a later packet with one that is older by 1,000 ticks at the least.  Fewer than three are a note.

What else looks like this
    Overtaken packets and copies of the network bear timestamps of the connection itself (`order.out_of_order`,
    `order.network_duplicate`).  A SYN that looks old meets a TIME-WAIT (`timewait.syn_collision`).

What to do
    Repair the device that merges several hosts into one address, or rewrites timestamps.

References
    RFC 7323 §5.3
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import order
from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence.places import Place, places
from estab.diagnose.facts import CLIENT, SERVER, Facts
from estab.diagnose.finding import Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="order.paws_drop",
    title=msg("Segments with old timestamps are dropped"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.TCP_OPTIONS}),
    knobs=("tcp_timestamps",),
    references=("RFC 7323 §5.3",),
)

SEVERAL = 3


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener that sends such segments, and one for the clients of each."""
    for side in (SERVER, CLIENT):
        old = facts.connections.side(side).old_stamps
        found_at = places(facts, np.asarray(old > 0), side)
        counts = found_at.total(old)
        yield from tell(found_at, functools.partial(_describe, facts, side=side), severe=counts >= SEVERAL, counts=counts)


def _describe(facts: Facts, place: Place, side: int) -> Finding:
    old = facts.connections.side(side).old_stamps
    rows = place.rows[np.argsort(-old[place.rows], kind="stable")]
    row, total = int(rows[0]), int(old[rows].sum())
    values = {"count": format_count(total), "name": place.name}
    return finding(
        facts,
        RULE,
        subject=place.subject,
        rows=rows,
        count=total,
        severity=RULE.severity if total >= SEVERAL else Severity.INFO,
        confidence=0.9,
        title=msg("Segments of {name} bear old timestamps", name=place.name),
        summary=msg("{count} segments from {name} had a timestamp older than the connection itself: a receiver drops them.", **values),
        hit=hit_of(facts, rows, place.kin),
        cause=msg("Segments of an older connection, another host behind the same address, or a device that rewrites timestamps."),
        evidence=[
            PacketsEvidence(
                msg("the first packet of that end, and the latest whose timestamp is older"),
                row,
                facts.frames(row, (side, "first_frame"), (side, "old_stamp_frame")),
            )
        ],
        ruled_out=[RuledOut("order.network_duplicate", msg("a copy bears a timestamp of the connection itself"))],
        remedy=order.PAWS_DROP.remedy,
        do_not=order.PAWS_DROP.do_not,
    )
