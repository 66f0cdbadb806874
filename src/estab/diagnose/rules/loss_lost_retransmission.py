"""A repeated segment was lost as well.

What it sees
    A segment that had been sent again on the receiver's word is sent again once more, while the receiver reports later ones as arrived.

Why it matters
    A lost repetition costs another round trip where the sender can tell (RACK, RFC 8985), and a timeout where it cannot.  It also says
    that losses come in clusters: a queue that stays full, a link that is down for moments.

Evidence required
    Two and more repetitions of one position, with SACK or duplicate ACKs in between that show that the path carries other segments.

What else looks like this
    Nothing at all comes through (`loss.rto_backoff`); only long segments do not (`path.pmtu_black_hole`).

What to do
    As for a lossy path; look for what drops several packets in a row.

References
    RFC 8985 §6; RFC 6675 §5
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import losses
from estab.diagnose.facts import CLIENT, SERVER, Column, Facts, Group, Mask
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="loss.lost_retransmission",
    title=msg("Repeated segments are lost, too"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.TIMES}),
    references=("RFC 8985 §6", "RFC 6675 §5"),
    yields_to=losses.STRONGER,
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener and direction that lost repetitions."""
    for side in (SERVER, CLIENT):
        found = losses.direction(facts, side)
        again = np.minimum(facts.connections.side(side).lost_again, found.lost)
        places = losses.groups(facts, (again > 0) & facts.unclaimed(RULE.yields_to), again)
        hurt, counts = losses.waits_hurt(facts, found.waited_ns), places.total(again)
        describe = functools.partial(_describe, facts, found=found, repeats=again, hurt=hurt)
        yield from tell(places, describe, severe=(counts >= losses.FEW) | places.largest(hurt), counts=counts)


def _describe(facts: Facts, group: Group, found: losses.Direction, repeats: Column, hurt: Mask) -> Finding:
    rows, row, again = group.rows, int(group.rows[0]), int(repeats[group.rows].sum())
    names, lost = losses.ends(facts, group, found.side), int(found.lost[rows].sum())
    hurts = again >= losses.FEW or bool(hurt[rows].any())
    values = {"count": format_count(again), "lost": format_count(lost), **names}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        count=again,
        severity=RULE.severity if hurts else Severity.INFO,
        confidence=0.85,
        summary=msg("{count} of {lost} repetitions of {sender} had to be repeated because the repetition was lost as well.", **values),
        hit=hit_of(facts, rows, losses.kin(facts, row)),
        cause=msg("Losses come in clusters: what drops packets on the way to {receiver} does so for longer than a round trip.", **names),
        evidence=_evidence(facts, row, found.side, again),
        ruled_out=[RuledOut("half_open.peer_vanished", msg("the receiver acknowledged other segments meanwhile"))],
        remedy=losses.remedies(),
    )


def _evidence(facts: Facts, row: int, side: int, again: int) -> list[Evidence]:
    most = format_count(int(facts.connections.side(side).run_max[row]))
    frames = losses.repetition(facts, side, row, "run_max_frame")
    result: list[Evidence] = (
        [PacketsEvidence(msg("one segment sent {most} times more; the first time", most=most), row, frames)] if frames else []
    )
    return [*result, CounterEvidence(msg("{count} repetitions lost", count=format_count(again)), "lost_again", 0, again)]
