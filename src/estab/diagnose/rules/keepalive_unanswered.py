"""Keepalive probes are not answered: the connection was dead while it idled.

What it sees
    Probes of one old byte, or none, just below the next sequence number, at even distances, and nothing comes back.

Why it matters
    Keepalive did its work: the program gets ETIMEDOUT instead of waiting for ever.  But the connection was lost, and until the probes
    ran out a request on it would have hung.

Evidence required
    At least three probes in a row without an answer, or two and the RST of the side that gave up.

What else looks like this
    Zero-window probes look the same but follow a window of 0 (`flow.zero_window`).  One unanswered probe at the end of a capture says
    nothing.

What to do
    Find why the peer went silent (`half_open.peer_vanished`); choose idle time, interval and count so that the death is found in time.

References
    RFC 9293 §3.8.4; net/ipv4/tcp_timer.c tcp_keepalive_timer
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import keepalive
from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence import silence
from estab.diagnose.evidence.places import Place, places
from estab.diagnose.facts import CLIENT, SERVER, Facts
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.text import Text, format_count, msg
from estab.track.records import RST_SENT

RULE = Rule(
    code="keepalive.unanswered",
    title=msg("Keepalive probes are not answered"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.TIMES, Need.BOTH_DIRECTIONS}),
    knobs=("tcp_keepalive_time", "tcp_keepalive_intvl", "tcp_keepalive_probes", "TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT"),
    references=("RFC 9293 §3.8.4",),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener that leaves probes unanswered, and one for the clients of each."""
    for side in (CLIENT, SERVER):
        unheard = silence.probes_unheard(facts, side)
        if unheard.any():
            yield from tell(places(facts, unheard, 1 - side), functools.partial(_describe, facts, side=side))


def _describe(facts: Facts, place: Place, side: int) -> Finding:
    """`side` probes; the place is the other."""
    me = facts.connections.side(side)
    rows = place.rows[np.argsort(-me.keepalive_run[place.rows], kind="stable")]
    row, gave_up = int(rows[0]), facts.side_marked(side, RST_SENT)[rows]
    values = {"count": format_count(len(rows)), "name": place.name, "dead": format_count(int(np.count_nonzero(gave_up)))}
    return finding(
        facts,
        RULE,
        subject=place.subject,
        rows=rows,
        confidence=0.95 if gave_up.any() else 0.85,
        title=msg("Keepalive probes to {name} are not answered", name=place.name),
        summary=msg("On {count} idle connections the keepalive probes to {name} were not answered; given up with RST: {dead}.", **values),
        hit=hit_of(facts, rows, place.kin),
        cause=msg("The peer's host, its connection or the path disappeared while the connection was idle."),
        evidence=_evidence(facts, row, side, gave_up=bool(gave_up[0])),
        ruled_out=[RuledOut("flow.zero_window", msg("the peer's window was open: these are no window probes"))],
        remedy=keepalive.UNANSWERED.remedy,
        do_not=keepalive.UNANSWERED.do_not,
    )


def _evidence(facts: Facts, row: int, side: int, *, gave_up: bool) -> list[Evidence]:
    me = facts.connections.side(side)
    probes = int(me.keepalive_run[row])
    text: Text = msg("{count} keepalive probes in a row, none answered", count=probes)
    found: list[Evidence] = [CounterEvidence(text, "keepalives", 0, probes)]
    if gave_up:
        found.append(PacketsEvidence(msg("then RST of the side that gave up"), row, facts.frames(row, (side, "rst_frame"))))
    return found
