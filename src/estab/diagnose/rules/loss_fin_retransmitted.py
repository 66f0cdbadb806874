"""A FIN was sent again.

What it sees
    A side sends its FIN more than once: the FIN or its ACK was lost, or the answer was slow.

Why it matters
    It delays the end of a connection by a timeout, no more.

Evidence required
    The repeated FIN, told from copies that the network or a mirror port made.

What else looks like this
    A FIN that is never answered is a matter of its own (`close.fin_wait1_pile`, `close.last_ack_pile`).

What to do
    Nothing, unless it is frequent; then look for the loss.

References
    RFC 9293 §3.8.1; RFC 6298 §5
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence.places import Place, places
from estab.diagnose.facts import CLIENT, SERVER, Facts
from estab.diagnose.finding import Finding, PacketsEvidence, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.text import Text, format_count, msg
from estab.track.records import FIN_ACKED

RULE = Rule(
    code="loss.fin_retransmitted",
    title=msg("A FIN was sent again"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    references=("RFC 9293 §3.8.1", "RFC 6298 §5"),
    needs=frozenset({Need.BOTH_DIRECTIONS}),
    yields_to=("half_open.peer_vanished", "close.fin_wait1_pile", "close.last_ack_pile", "close.closing_pile"),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener that repeats FINs, and one for the clients of each."""
    free = facts.unclaimed(RULE.yields_to)
    for side in (SERVER, CLIENT):
        again = (facts.connections.side(side).retransmit_fin > 0) & free & ~facts.one_way
        yield from tell(places(facts, np.asarray(again), side), functools.partial(_describe, facts, side=side))


def _describe(facts: Facts, place: Place, side: int) -> Finding:
    me = facts.connections.side(side)
    rows = place.rows[np.argsort(-me.retransmit_fin[place.rows], kind="stable")]
    row, repeats = int(rows[0]), int(me.retransmit_fin[rows].sum())
    values = {"count": format_count(len(rows)), "name": place.name, "repeats": format_count(repeats)}
    return finding(
        facts,
        RULE,
        subject=place.subject,
        rows=rows,
        confidence=0.9,
        title=msg("FINs of {name} were sent again", name=place.name),
        summary=msg("On {count} connections {name} sent its FIN again; repetitions in all: {repeats}.", **values),
        hit=hit_of(facts, rows, place.kin),
        cause=_cause(facts, row, side),
        evidence=[
            PacketsEvidence(
                msg("FIN sent {times} times", times=format_count(int(me.retransmit_fin[row]) + 1)),
                row,
                facts.frames(row, (side, "fin_frame"), (side, "retransmit_frame")),
            )
        ],
    )


def _cause(facts: Facts, row: int, side: int) -> Text:
    if facts.side_marked(side, FIN_ACKED)[row]:
        return msg("The FIN or its acknowledgement was lost or late; the repetition was answered.")
    return msg("The FIN or its acknowledgement was lost or late; no answer to it was captured.")
