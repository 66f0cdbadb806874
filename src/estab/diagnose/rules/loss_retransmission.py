"""Data segments are lost on the path and sent again.

What it sees
    One side sends data segments a second time, and nothing shows that the originals had arrived.

Why it matters
    Every loss costs at least a round trip, and each makes the sender slow down.  Below 0.1 % nobody notices; above 1 % congestion control
    that takes loss for congestion (Reno, CUBIC) stays far below what the path could carry.

Evidence required
    Repetitions that the receiver does not refute (D-SACK, an earlier acknowledgement, the echo of the original's timestamp) and that
    were answered in the end.  Three and more, and more than 1 % of the segments, are a lossy path; less is a note.

What else looks like this
    Needless repetitions (`loss.spurious_retransmission`), reordering (`order.out_of_order`), copies of a mirror port
    (`order.network_duplicate`), an end that is gone (`half_open.peer_vanished`), segments that are too long (`path.pmtu_black_hole`).

What to do
    Find the place: originals that passed the capture point were lost behind it, others before it.  Then interface errors, queues and
    policers there.  A second capture at the other end settles it.

References
    RFC 9293 §3.8; RFC 6675; RFC 8985; RFC 5681 §3
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from estab.diagnose.advice import loss
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import losses
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="loss.retransmission",
    title=msg("Data segments are lost on the path"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS}),
    references=("RFC 9293 §3.8", "RFC 6675", "RFC 5681 §3"),
    yields_to=losses.STRONGER,
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener and direction that lost data."""
    for side in (SERVER, CLIENT):
        found = losses.direction(facts, side)
        places = losses.groups(facts, (found.lost > 0) & facts.unclaimed(RULE.yields_to), found.lost)
        lossy, counts = losses.are_lossy(found, places), places.total(found.lost)
        yield from tell(places, functools.partial(_describe, facts, found=found), severe=lossy, counts=counts)


def _describe(facts: Facts, group: Group, found: losses.Direction) -> Finding:
    rows, kin = group.rows, facts.rows_to_server(int(group.rows[0]))
    lost, sent = int(found.lost[rows].sum()), int(found.sent[kin].sum())
    severity = RULE.severity if losses.is_lossy(found, rows) else Severity.INFO
    names = losses.ends(facts, group, found.side)
    values = {"lost": format_count(lost), "sent": format_count(sent), "percent": losses.share(lost, sent), **names}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        count=lost,
        severity=severity,
        confidence=0.9,
        title=msg("Segments from {sender} to {receiver} are lost", **names),
        summary=msg(
            "{lost} of {sent} data segments from {sender} to {receiver} were lost and sent again ({percent} %).",
            "{lost} of {sent} data segments from {sender} to {receiver} was lost and sent again ({percent} %).",
            **values,
        ),
        hit=hit_of(facts, rows, kin[facts.established[kin]]),
        cause=losses.where(facts, found, rows, names),
        evidence=_evidence(facts, group, found),
        ruled_out=_ruled_out(found, group),
        remedy=losses.remedies(),
        do_not=loss.RETRANSMISSION.do_not,
    )


def _evidence(facts: Facts, group: Group, found: losses.Direction) -> list[Evidence]:
    rows, row = group.rows, int(group.rows[0])
    result: list[Evidence] = []
    frames = losses.first_repetition(facts, found.side, row)
    if frames:
        result.append(
            PacketsEvidence(
                msg("{lost} segments of this connection lost; the first repetition", lost=format_count(int(found.lost[row]))), row, frames
            )
        )
    result.append(CounterEvidence(losses.kinds(facts, found, rows), "retransmit_data", 0, int(found.repeated[rows].sum())))
    return result


def _ruled_out(found: losses.Direction, group: Group) -> list[RuledOut]:
    needless = int(found.needless[group.rows].sum())
    because = msg("the receiver reported none of these as received twice")
    if needless:
        because = msg(
            "{count} needless repetitions are not counted", "{count} needless repetition is not counted", count=format_count(needless)
        )
    return [
        RuledOut("loss.spurious_retransmission", because),
        RuledOut("half_open.peer_vanished", msg("the repeated segments were acknowledged")),
    ]
