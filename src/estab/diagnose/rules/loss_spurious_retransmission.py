"""Segments are sent again although the originals had arrived.

What it sees
    The receiver reports a repeated segment as received twice (D-SACK), had acknowledged it before the repetition passed, or echoes the
    timestamp of the original after a timeout.

Why it matters
    No data was lost, but the sender slowed down for nothing.  The reason is delay that varies more than the timer expects, reordering, or
    acknowledgements that were lost.

Evidence required
    One of the three signs above for a segment that was seen (or is known) to be sent twice.

What else looks like this
    A copy made by the network has no second sending (`order.network_duplicate`).  A loss is not refuted by the receiver
    (`loss.retransmission`).

What to do
    Look for the source of the delay (a queue that fills, a radio link, a stopped virtual machine) or of the reordering.  Leave F-RTO on.

References
    RFC 2883; RFC 3522; RFC 5682; RFC 8985 §7
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import loss
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import losses
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.text import Text, format_count, msg

RULE = Rule(
    code="loss.spurious_retransmission",
    title=msg("Segments are sent again although they had arrived"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.TIMES}),
    knobs=("tcp_frto",),
    references=("RFC 2883", "RFC 3522", "RFC 5682"),
    yields_to=("handshake.accept_queue_overflow",),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener and direction with needless repetitions."""
    for side in (SERVER, CLIENT):
        found = losses.direction(facts, side)
        needless = np.where(facts.one_way, 0, found.needless)
        places = losses.groups(facts, (needless > 0) & facts.unclaimed(RULE.yields_to), needless)
        yield from tell(places, functools.partial(_describe, facts, found=found), counts=places.total(needless))


def _describe(facts: Facts, group: Group, found: losses.Direction) -> Finding:
    rows, row, side = group.rows, int(group.rows[0]), found.side
    names, needless = losses.ends(facts, group, side), int(found.needless[rows].sum())
    values = {"count": format_count(needless), "total": format_count(int(found.repeated[rows].sum())), **names}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        count=needless,
        confidence=0.9,
        summary=msg(
            "{count} of {total} repetitions of {sender} were needless: {receiver} had the originals.",
            "{count} of {total} repetitions of {sender} was needless: {receiver} had the original.",
            **values,
        ),
        hit=hit_of(facts, rows, losses.kin(facts, row)),
        cause=_cause(facts, group, side),
        evidence=_evidence(facts, row, side),
        ruled_out=[
            RuledOut("loss.retransmission", msg("the receiver shows that the originals had arrived")),
            RuledOut("order.network_duplicate", msg("the sender itself sent them twice")),
        ],
        remedy=loss.SPURIOUS_RETRANSMISSION.remedy,
        do_not=loss.SPURIOUS_RETRANSMISSION.do_not,
    )


def _cause(facts: Facts, group: Group, side: int) -> Text:
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    row = int(group.rows[0])
    if int(me.timeouts[row]) or int(me.tail_probes[row]):
        if int(peer.window_probes[row]) or int(peer.zero_windows[row]) or int(me.window_fulls[row]):
            return msg("The receiver took the data but was slow to acknowledge it: its window was full or closed.")
        return msg("The data, or the acknowledgements of it, came later than the sender's timer expected, or acknowledgements were lost.")
    return msg("Packets were delayed or overtook each other, and the sender took them for lost.")


def _evidence(facts: Facts, row: int, side: int) -> list[Evidence]:
    me = facts.connections.side(side)
    result: list[Evidence] = []
    frames = losses.first_repetition(facts, side, row)
    if frames:
        result.append(PacketsEvidence(msg("the first repetition of this connection"), row, frames))
    for name, text in (
        ("dsack_repeats", msg("{count} reported as received twice (D-SACK)", count=format_count(int(me.dsack_repeats[row])))),
        (
            "unneeded",
            msg("{count} repeated after their acknowledgement had passed the capture point", count=format_count(int(me.unneeded[row]))),
        ),
        ("undone", msg("{count} refuted by the timestamp that the acknowledgement echoes", count=format_count(int(me.undone[row])))),
    ):
        if value := int(getattr(me, name)[row]):
            result.append(CounterEvidence(text, name, 0, value))
    return result
