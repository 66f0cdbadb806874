"""A sender probes a closed window.

What it sees
    While the receiver announces a window of 0, the sender sends packets at growing intervals that carry at most one byte, to learn
    whether it has opened (RFC 9293 §3.8.6.1).

Why it matters
    Without probes a lost window update would stop the connection for ever.  They show that the sender's host is alive and waits; the
    answers show the same of the receiver's host.

Evidence required
    Probes towards a side whose last word was a window of 0.

What else looks like this
    Keepalive probes come while the window is open and at equal intervals (`keepalive.answered`); repetitions carry data that was sent
    before (`loss.rto_backoff`).

What to do
    See `flow.zero_window`: the reading application is the place to look.

References
    RFC 9293 §3.8.6.1; RFC 1122 §4.2.2.17; net/ipv4/tcp_timer.c tcp_probe_timer
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import losses
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.text import Text, format_count, msg

RULE = Rule(
    code="flow.persist_probes",
    title=msg("A sender probes a closed window"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS}),
    references=("RFC 9293 §3.8.6.1", "RFC 1122 §4.2.2.17"),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener and direction with window probes."""
    for side in (SERVER, CLIENT):
        probes = facts.connections.side(side).window_probes
        places = losses.groups(facts, probes > 0, probes)
        yield from tell(places, functools.partial(_describe, facts, side=side), counts=places.total(probes))


def _describe(facts: Facts, group: Group, side: int) -> Finding:
    rows, row, me = group.rows, int(group.rows[0]), facts.connections.side(side)
    probes, answered = int(me.window_probes[rows].sum()), int(me.probes_answered[rows].sum())
    values = {"probes": format_count(probes), "answered": format_count(answered), **losses.ends(facts, group, side)}
    frames = facts.frames(row, (1 - side, "zero_frame"))
    evidence: list[Evidence] = [PacketsEvidence(msg("the window closed"), row, frames)] if frames else []
    evidence.append(CounterEvidence(msg("{probes} window probes, {answered} answered", **values), "window_probes", 0, probes))
    ruled_out = [RuledOut("loss.rto_backoff", msg("the probes carry no data that was sent before"))]
    if answered:
        ruled_out.append(RuledOut("half_open.peer_vanished", msg("the receiver's host answers the probes")))
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        count=probes,
        confidence=0.95,
        summary=msg("{sender} sent {probes} probes of the closed window of {receiver}; answered: {answered}.", **values),
        hit=hit_of(facts, rows, losses.kin(facts, row)),
        cause=_cause(answered, probes),
        evidence=evidence,
        ruled_out=ruled_out,
    )


def _cause(answered: int, probes: int) -> Text:
    if answered * 2 < probes:
        return msg("Most probes were not answered: besides the closed window the receiver's host, or the path to it, may be gone.")
    return msg("The receiver's buffer is full because its application does not read; its kernel answers the probes.")
