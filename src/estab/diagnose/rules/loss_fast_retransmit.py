"""Lost segments are repaired at once, on the receiver's word.

What it sees
    Repetitions right after duplicate ACKs or SACK blocks, within the recovery time and without a timer.

Why it matters
    This is TCP at work: the loss cost about a round trip.  It is told so that a repetition in a trace is not taken for a fault.

Evidence required
    Lost segments whose repetition followed the receiver's word, in connections that are not lossy as a whole.

What else looks like this
    A path that loses again and again (`loss.retransmission`); a timer had to run out (`loss.rto`, `loss.tail_loss`); reordering that made
    the sender repeat too early (`loss.spurious_retransmission`).

What to do
    Nothing, while it stays rare.

References
    RFC 5681 §3.2; RFC 6675; RFC 8985
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import losses
from estab.diagnose.facts import CLIENT, SERVER, Column, Facts, Group
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="loss.fast_retransmit",
    title=msg("Lost segments were repaired at once"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.TIMES}),
    references=("RFC 5681 §3.2", "RFC 6675", "RFC 8985"),
    yields_to=losses.STRONGER,
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener and direction that repaired quickly what little it lost."""
    for side in (SERVER, CLIENT):
        found = losses.direction(facts, side)
        fast = np.minimum(facts.connections.side(side).fast_retransmits, found.lost)
        places = losses.groups(facts, (fast > 0) & facts.unclaimed(RULE.yields_to), fast)
        places = places.only(~losses.are_lossy(found, places))
        yield from tell(places, functools.partial(_describe, facts, found=found, fasts=fast), counts=places.total(fast))


def _describe(facts: Facts, group: Group, found: losses.Direction, fasts: Column) -> Finding:
    names, row, fast = losses.ends(facts, group, found.side), int(group.rows[0]), int(fasts[group.rows].sum())
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=group.rows,
        count=fast,
        confidence=0.9,
        summary=msg(
            "Lost segments from {sender} were repaired on duplicate ACKs or SACK, without waiting: {count}.",
            count=format_count(fast),
            **names,
        ),
        hit=hit_of(facts, group.rows, losses.kin(facts, row)),
        cause=losses.where(facts, found, group.rows, names),
        evidence=_evidence(facts, row, found.side, fast),
        ruled_out=[RuledOut("loss.rto", msg("no timer had to run out for these"))],
    )


def _evidence(facts: Facts, row: int, side: int, fast: int) -> list[Evidence]:
    result: list[Evidence] = []
    frames = losses.first_repetition(facts, side, row)
    if frames:
        result.append(PacketsEvidence(msg("the first repetition"), row, frames))
    result.append(CounterEvidence(msg("{count} fast retransmissions", count=format_count(fast)), "fast_retransmits", 0, fast))
    return result
