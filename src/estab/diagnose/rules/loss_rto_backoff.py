"""The same segment is sent again and again, each time after a longer wait.

What it sees
    Three repetitions and more of one data segment in a row, by timers that double (RFC 6298 §5.5).

Why it matters
    The connection stands still for seconds to minutes and may be given up: on Linux after tcp_retries2 (15: about 15 minutes).

Evidence required
    A run of repetitions of one segment without any progress, at least two of them by a timer.  Where something stronger explains why no
    answer comes, this is its consequence and a note.

What else looks like this
    Window probes also come at doubling intervals, but carry no new data and are answered (`flow.persist_probes`); keepalive probes come at
    equal intervals (`keepalive.unanswered`); repeated SYNs are `handshake.filtered`.

What to do
    Find why nothing comes through: a host that is gone, a firewall that forgot the connection, a link that is down.  TCP_USER_TIMEOUT in
    the application bounds the wait.

References
    RFC 6298 §5.5; RFC 9293 §3.8.3; net/ipv4/tcp_timer.c
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import loss
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import losses
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group, Mask
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.text import Text, format_count, msg

RULE = Rule(
    code="loss.rto_backoff",
    title=msg("One segment is sent again and again at doubling intervals"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.TIMES}),
    knobs=("tcp_retries2", "TCP_USER_TIMEOUT"),
    references=("RFC 6298 §5.5", "RFC 9293 §3.8.3"),
    yields_to=(*losses.STRONGER, "handshake.return_path_blocked", "keepalive.unanswered"),
)

LONG_RUN = 3
TIMERS = 2


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener and direction with such runs; those that a stronger cause explains stand by themselves."""
    explained = facts.claimed_by(*RULE.yields_to)
    for side in (SERVER, CLIENT):
        me = facts.connections.side(side)
        insists = (me.run_max >= LONG_RUN) & (me.timeouts >= TIMERS) & (me.run_payload > 0) & ~facts.one_way
        for consequence in (False, True):
            places = losses.groups(facts, np.asarray(insists & (explained == consequence)), me.run_max)
            yield from tell(places, functools.partial(_describe, facts, side=side, consequence=consequence))


def _describe(facts: Facts, group: Group, side: int, *, consequence: bool) -> Finding:
    rows, row = group.rows, int(group.rows[0])
    me, names = facts.connections.side(side), losses.ends(facts, group, side)
    unanswered = _unanswered(facts, side)
    values = {"most": format_count(int(me.run_max[row])), "waited": losses.waiting(int(me.repeat_wait_ns[rows].max())), **names}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        severity=Severity.INFO if consequence else RULE.severity,
        confidence=0.95,
        title=msg("{sender} repeats the same segment at doubling intervals", **names),
        summary=msg("{sender} sent one segment up to {most} times more without progress and waited {waited} for it.", **values),
        hit=hit_of(facts, rows, losses.kin(facts, row)),
        cause=_cause(names, consequence=consequence, unanswered=bool(unanswered[row])),
        evidence=_evidence(facts, row, side),
        ruled_out=[
            RuledOut("flow.persist_probes", msg("the receiver's window was open")),
            RuledOut("handshake.filtered", msg("the handshake was complete")),
        ],
        remedy=loss.RTO_BACKOFF.remedy,
        do_not=loss.RTO_BACKOFF.do_not,
    )


def _unanswered(facts: Facts, side: int) -> Mask:
    return np.asarray(facts.connections.side(side).run >= losses.UNANSWERED_RUN)


def _cause(names: dict[str, object], *, consequence: bool, unanswered: bool) -> Text:
    if consequence:
        return msg("No answer comes; another finding about the same connections says why.")
    if unanswered:
        return msg("Nothing came back from {receiver} to the end of the capture: it is gone, or the path to it or from it is cut.", **names)
    return msg("For a while nothing came through between {sender} and {receiver}; then the transfer went on.", **names)


def _evidence(facts: Facts, row: int, side: int) -> list[Evidence]:
    me = facts.connections.side(side)
    values = {"count": format_count(int(me.run_max[row])), "timers": format_count(int(me.timeouts[row]))}
    text = msg("the same segment sent {count} times more, {timers} timers ran out", **values)
    frames = losses.repetition(facts, side, row, "run_max_frame")
    result: list[Evidence] = [PacketsEvidence(text, row, frames)] if frames else []
    longest = losses.waiting(int(me.repeat_wait_max_ns[row]))
    return [
        *result,
        CounterEvidence(msg("the longest wait between two of them: {longest}", longest=longest), "run_max", 0, int(me.run_max[row])),
    ]
