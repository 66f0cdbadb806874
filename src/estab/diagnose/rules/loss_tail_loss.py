"""The last segment of a burst was lost: nothing behind it could tell the sender.

What it sees
    After a pause of at least one and a half round trips the last segment sent is repeated, and the receiver takes it.

Why it matters
    Lost tails are not noticed by duplicate ACKs; the sender must wait for its probe (RFC 8985 §7, about two round trips) or its timer.
    Short answers suffer most: their tail is all they have.

Evidence required
    A first repetition of the very last segment after silence, that the receiver did not refute.

What else looks like this
    The acknowledgement was lost or late, not the segment (`loss.spurious_retransmission`); the receiver is gone
    (`half_open.peer_vanished`).

What to do
    Nothing, while it stays rare; otherwise as for any lossy path.  Keep SACK on: tail loss probes need it.

References
    RFC 8985 §7; RFC 6298
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import loss
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import losses
from estab.diagnose.facts import CLIENT, SERVER, Column, Facts, Group
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="loss.tail_loss",
    title=msg("The last segment of a burst was lost"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.TIMES}),
    references=("RFC 8985 §7", "RFC 6298"),
    yields_to=losses.STRONGER,
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener and direction that lost tails."""
    for side in (SERVER, CLIENT):
        found = losses.direction(facts, side)
        tails = np.minimum(facts.connections.side(side).tail_probes, found.lost)
        places = losses.groups(facts, (tails > 0) & facts.unclaimed(RULE.yields_to), tails)
        yield from tell(places, functools.partial(_describe, facts, found=found, probes=tails), counts=places.total(tails))


def _describe(facts: Facts, group: Group, found: losses.Direction, probes: Column) -> Finding:
    names, row, tails = losses.ends(facts, group, found.side), int(group.rows[0]), int(probes[group.rows].sum())
    values = {"count": format_count(tails), **names}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=group.rows,
        count=tails,
        confidence=0.85,
        summary=msg("{sender} had to probe for the last segment of a burst that was lost, in {count} cases.", **values),
        hit=hit_of(facts, group.rows, losses.kin(facts, row)),
        cause=losses.where(facts, found, group.rows, names),
        evidence=_evidence(facts, row, found.side, tails),
        ruled_out=[RuledOut("loss.spurious_retransmission", msg("the receiver did not report it as received twice"))],
        remedy=losses.remedies(),
        do_not=loss.TAIL_LOSS.do_not,
    )


def _evidence(facts: Facts, row: int, side: int, tails: int) -> list[Evidence]:
    result: list[Evidence] = []
    frames = losses.repetition(facts, side, row, "probe_frame")
    if frames:
        result.append(PacketsEvidence(msg("the last segment once more, after a pause"), row, frames))
    result.append(CounterEvidence(msg("{count} last segments sent again", count=format_count(tails)), "tail_probes", 0, tails))
    return result
