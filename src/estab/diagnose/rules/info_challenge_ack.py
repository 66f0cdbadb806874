"""A challenge ACK: an endpoint did not believe a SYN or RST and asked back.

What it sees
    A bare ACK that repeats the one before, in answer to a SYN on an open connection or to a RST inside the window but not at its
    edge; or one for which nothing at all that went by this point gives a reason.

Why it matters
    It is the defence of RFC 5961 at work and no fault of the endpoint.  Somebody sent what did not fit: an attacker, a restarted
    peer, a device with old numbers.

Evidence required
    The odd segment and the ACK after it; or, with little confidence, an ACK that answers nothing: what drew
    it entered behind the capture point.

What else looks like this
    Answers to keepalive probes and to repeated data, duplicate ACKs for a gap, window updates: these are excluded.

What to do
    Look at what drew it (`attack.blind_rst`, `attack.blind_syn`, `timewait.stale_tuple`).

References
    RFC 5961 §3.2, §4.2, §5.2
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence.places import Place, places
from estab.diagnose.facts import CLIENT, SERVER, Facts, Mask
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, PacketsEvidence, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg
from estab.track.records import COPIES_SEEN, RST_SENT

RULE = Rule(
    code="info.challenge_ack",
    title=msg("Challenge ACKs were sent"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS}),
    references=("RFC 5961 §3.2", "RFC 5961 §4.2"),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener that challenges, and one for the clients of each."""
    for side in (SERVER, CLIENT):
        seen = np.asarray(facts.connections.side(side).challenge_acks > 0)
        yield from tell(places(facts, seen, side), functools.partial(_describe, facts, side=side, seen=True))
        found_at = places(facts, _without_reason(facts, side) & ~seen, side)
        yield from tell(found_at, functools.partial(_describe, facts, side=side, seen=False))


def _without_reason(facts: Facts, side: int) -> Mask:
    """An ACK that answers nothing, where the capture is otherwise complete."""
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    complete = (me.acks_unseen == 0) & (peer.acks_unseen == 0) & (me.gaps == 0) & (peer.gaps == 0)
    return np.asarray((me.acks_unasked == 1) & complete & facts.attempted & facts.answered & ~facts.marked(COPIES_SEEN) & ~facts.one_way)


def _describe(facts: Facts, place: Place, side: int, *, seen: bool) -> Finding:
    me, rows = facts.connections.side(side), place.rows
    row = int(rows[0])
    values = {"count": format_count(len(rows)), "name": place.name}
    total = int((me.challenge_acks if seen else me.acks_unasked)[rows].sum())
    evidence: list[Evidence] = [
        CounterEvidence(msg("{total} challenge ACKs", total=format_count(total)), "challenge_acks", 0, total)
        if seen
        else PacketsEvidence(
            msg("an ACK that repeats the one before and answers nothing that went by"), row, facts.frames(row, (side, "unasked_frame"))
        )
    ]
    if seen and facts.side_marked(1 - side, RST_SENT)[row]:
        evidence.append(PacketsEvidence(msg("the RST that was not believed"), row, facts.frames(row, (1 - side, "rst_frame"))))
    return finding(
        facts,
        RULE,
        subject=place.subject,
        rows=rows,
        confidence=0.9 if seen else 0.5,
        title=msg("Challenge ACKs from {name}", name=place.name),
        summary=(
            msg("On {count} connections {name} answered a SYN or RST that did not fit with a challenge ACK.", **values)
            if seen
            else msg("On {count} connections {name} sent an ACK that nothing here had asked for: probably a challenge ACK.", **values)
        ),
        hit=hit_of(facts, rows, place.kin),
        cause=(
            msg("Somebody sent a segment with numbers that do not fit: an attacker, a restarted peer, or a device with old numbers.")
            if seen
            else msg("A segment that did not fit may have reached it behind this capture point; a capture there would show it.")
        ),
        evidence=evidence,
    )
