"""A retransmission timer had to run out before a lost segment was sent again.

What it sees
    A side falls silent over unacknowledged data, hears nothing, and repeats after 200 ms or more; then the transfer goes on.

Why it matters
    Nothing moves meanwhile, and afterwards the sender begins anew with a congestion window of one segment.

Evidence required
    A repetition after silence of both sides, longer than any recovery on the receiver's word, that was not the probe of a tail; the
    receiver took it in the end and did not refute it.  A short single wait in a long connection is a note.

What else looks like this
    An original that was only late (`loss.spurious_retransmission`); the end of a burst (`loss.tail_loss`); an end that is gone
    (`half_open.peer_vanished`); a closed window (`flow.zero_window`).

What to do
    Look for what loses many packets in a row: a queue that overflows, a path that is switched, a policer, roaming Wi-Fi.

References
    RFC 6298; RFC 8985; net/ipv4/tcp_timer.c
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from estab.diagnose.advice import loss
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import losses
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group, Mask, Rows
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.text import Text, format_count, msg

RULE = Rule(
    code="loss.rto",
    title=msg("Transfers stop until a retransmission timer runs out"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.TIMES}),
    knobs=("tcp_rto_min_us",),
    references=("RFC 6298", "RFC 8985"),
    yields_to=losses.STRONGER,
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener and direction that waited for timers."""
    for side in (SERVER, CLIENT):
        found = losses.direction(facts, side)
        places = losses.groups(facts, (found.timeouts > 0) & facts.unclaimed(RULE.yields_to), found.waited_ns)
        hurt = losses.waits_hurt(facts, found.waited_ns)
        describe = functools.partial(_describe, facts, found=found, hurt=hurt)
        yield from tell(places, describe, severe=places.largest(hurt), counts=places.total(found.timeouts))


def _describe(facts: Facts, group: Group, found: losses.Direction, hurt: Mask) -> Finding:
    rows = group.rows
    names, timeouts, waited_ns = losses.ends(facts, group, found.side), int(found.timeouts[rows].sum()), int(found.waited_ns[rows].sum())
    values = {"count": format_count(timeouts), "waited": losses.waiting(waited_ns), **names}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        count=timeouts,
        severity=RULE.severity if hurt[rows].any() else Severity.INFO,
        confidence=0.9,
        title=msg("{sender} waits for retransmission timers", **names),
        summary=msg("{count} retransmission timers of {sender} ran out; waiting for them cost {waited}.", **values),
        hit=hit_of(facts, rows, losses.kin(facts, int(rows[0]))),
        cause=_cause(facts, rows, found.side, losses.where(facts, found, rows, names)),
        evidence=_evidence(facts, group, found),
        ruled_out=[
            RuledOut("loss.spurious_retransmission", msg("no acknowledgement shows that the originals had arrived")),
            RuledOut("half_open.peer_vanished", msg("the transfer went on afterwards")),
        ],
        remedy=losses.remedies(),
        do_not=loss.RTO.do_not,
    )


def _cause(facts: Facts, rows: Rows, side: int, where: Text) -> Text:
    if int(facts.connections.side(side).lost_again[rows].sum()):
        return msg("Repetitions were lost as well, and what is lost twice only a timer repairs for certain. {where}", where=where)
    return msg("So many packets in a row were lost that too few came through to tell the sender. {where}", where=where)


def _evidence(facts: Facts, group: Group, found: losses.Direction) -> list[Evidence]:
    row = int(group.rows[0])
    longest_ns = int(facts.connections.side(found.side).repeat_wait_max_ns[row])
    text = msg("nothing sent and nothing heard for up to {longest}, then the same segment again", longest=losses.waiting(longest_ns))
    result: list[Evidence] = []
    frames = losses.repetition(facts, found.side, row, "wait_frame")
    if frames:
        result.append(PacketsEvidence(text, row, frames))
    result.append(CounterEvidence(losses.kinds(facts, found, group.rows), "timeouts", 0, int(found.timeouts[group.rows].sum())))
    return result
