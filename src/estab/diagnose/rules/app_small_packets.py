"""An application sends its data in very many very small segments.

What it sees
    One side sends a hundred segments and more, nearly all below 200 bytes, and does not wait for answers in between.

Why it matters
    Each segment costs headers, interrupts and wake-ups at both ends; most of what travels are headers.

Evidence required
    Counts and sizes of new segments.  A dialogue that waits for each answer is not meant: there small messages are natural.

What else looks like this
    Keystrokes of a terminal session.  Nagle's algorithm held back by delayed acknowledgements (`latency.nagle_delayed_ack`).

What to do
    Gather what is written: one write or writev for a message, a buffered writer, TCP_CORK.

References
    RFC 896; RFC 9293 §3.7.4
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import app
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import losses
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group, Mask
from estab.diagnose.finding import CounterEvidence, Finding, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Rule, Source
from estab.instant import SECOND_NS
from estab.text import format_count, msg

RULE = Rule(
    code="app.small_packets",
    title=msg("An application sends many small segments"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    references=("RFC 896", "RFC 9293 §3.7.4"),
)

MANY = 100
NEARLY_ALL = 0.9
MEAN_BYTES = 200
A_SECOND = 50


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener and direction with streams of small segments."""
    for side in (SERVER, CLIENT):
        segments = facts.connections.side(side).small_segments
        places = losses.groups(facts, _chatty(facts, side), segments)
        yield from tell(places, functools.partial(_describe, facts, side=side), counts=places.total(segments))


def _chatty(facts: Facts, side: int) -> Mask:
    me = facts.connections.side(side)
    small = (
        (me.small_segments >= MANY)
        & (me.small_segments >= NEARLY_ALL * me.data_packets)
        & (me.payload_bytes < MEAN_BYTES * me.data_packets)
    )
    lasted_ns = np.maximum(me.last_data_ns - me.first_data_ns, 1)
    often = me.small_segments / (lasted_ns / SECOND_NS) >= A_SECOND
    return np.asarray(small & often & (4 * me.turns <= me.small_segments))


def _describe(facts: Facts, group: Group, side: int) -> Finding:
    rows, row, me = group.rows, int(group.rows[0]), facts.connections.side(side)
    packets, payload = int(me.data_packets[rows].sum()), int(me.payload_bytes[rows].sum())
    values = {"packets": format_count(packets), "mean": format_count(payload // max(packets, 1)), **losses.ends(facts, group, side)}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        count=packets,
        confidence=0.8,
        summary=msg("{sender} sent {packets} segments with {mean} bytes each on average.", **values),
        hit=hit_of(facts, rows, losses.kin(facts, row)),
        cause=msg("The application writes its data in small pieces, each of which becomes a segment (TCP_NODELAY)."),
        evidence=[
            CounterEvidence(msg("{packets} segments, {mean} bytes each", **values), "small_segments", 0, int(me.small_segments[rows].sum()))
        ],
        ruled_out=[RuledOut("latency.nagle_delayed_ack", msg("the segments follow each other without waiting"))],
        remedy=app.SMALL_PACKETS.remedy,
    )
