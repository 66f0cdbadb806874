"""Keepalive probes keep idle connections alive, and are answered.

What it sees
    Probes of one old byte, or none, just below the next sequence number, each followed by a packet of the other side.

Why it matters
    It is no fault.  It says that the peer's host and the path are alive and that devices on the path are kept from forgetting; it
    says nothing about the peer's program, which may hang.

Evidence required
    At least one probe with an answer, and none left unanswered at the end.

What else looks like this
    Zero-window probes follow a window of 0 (`flow.zero_window`).

What to do
    Nothing.

References
    RFC 9293 §3.8.4; RFC 1122 §4.2.3.6
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence.places import Place, places
from estab.diagnose.facts import CLIENT, SERVER, Facts
from estab.diagnose.finding import CounterEvidence, Finding, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="keepalive.answered",
    title=msg("Keepalive probes are answered"),
    severity=Severity.INFO,
    seen_from=Source.CAPTURE,
    needs=frozenset({Need.BOTH_DIRECTIONS}),
    knobs=("SO_KEEPALIVE", "tcp_keepalive_time"),
    references=("RFC 9293 §3.8.4", "RFC 1122 §4.2.3.6"),
    yields_to=("keepalive.unanswered",),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener that answers probes, and one for the clients of each."""
    for side in (CLIENT, SERVER):
        me = facts.connections.side(side)
        answered = (me.keepalives_answered > 0) & ~facts.one_way & facts.unclaimed(RULE.yields_to)
        yield from tell(places(facts, np.asarray(answered), 1 - side), functools.partial(_describe, facts, side=side))


def _describe(facts: Facts, place: Place, side: int) -> Finding:
    """`side` probes; the place is the other."""
    me, rows = facts.connections.side(side), place.rows
    probes, answered = int(me.keepalives[rows].sum()), int(me.keepalives_answered[rows].sum())
    values = {"count": format_count(len(rows)), "name": place.name, "probes": format_count(probes), "answered": format_count(answered)}
    text = msg("{probes} probes, {answered} of them answered", **values)
    return finding(
        facts,
        RULE,
        subject=place.subject,
        rows=rows[np.argsort(-me.keepalives[rows], kind="stable")],
        confidence=0.9,
        title=msg("Keepalive probes to {name} are answered", name=place.name),
        summary=msg("On {count} idle connections {name} answered the keepalive probes.", **values),
        hit=hit_of(facts, rows, place.kin),
        cause=msg("SO_KEEPALIVE is set at the other side; the host answers, whatever its program does."),
        evidence=[CounterEvidence(text, "keepalives_answered", 0, answered)],
    )
