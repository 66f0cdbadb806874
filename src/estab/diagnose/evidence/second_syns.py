"""Attempts of which the first SYN, with something special about it, went unheard and the second, plain one was answered."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import attempts
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group, Mask, Rows
from estab.diagnose.finding import DoNot, Finding, PacketsEvidence, Remedy, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Rule
from estab.instant import format_duration
from estab.text import Text, format_count, msg
from estab.track import records
from estab.wire.columns import CWR, ECE

SEVERAL = 2
SURE, UNSURE = 0.9, 0.4


def asked_ecn_in_vain(facts: Facts) -> Mask:
    """The first SYN asked for ECN and went unheard; a later one did not ask, and was answered."""
    client = facts.connections.client
    both = ECE | CWR
    asked = (client.syn_first_flags & both) == both
    plain_later = (client.syn_last_flags & both) == 0
    return np.asarray(asked & plain_later & attempts.heard_late(facts))


def asks_ecn(facts: Facts) -> Mask:
    """The first SYN asked for ECN."""
    return np.asarray((facts.connections.client.syn_first_flags & (ECE | CWR)) == ECE | CWR)


def carried_data_in_vain(facts: Facts) -> Mask:
    """The first SYN carried data (Fast Open) and went unheard; a later one was answered, which took none of that data."""
    used = facts.marked(records.FAST_OPEN_USED)
    return np.asarray(facts.side_marked(CLIENT, records.FAST_OPEN_DATA) & attempts.heard_late(facts) & ~used)


def carries_data(facts: Facts) -> Mask:
    """The first SYN carried data."""
    return facts.side_marked(CLIENT, records.FAST_OPEN_DATA)


def kin(facts: Facts, row: int) -> Rows:
    """The attempts to reach the same listener."""
    rows = facts.rows_to_server(row)
    return rows[facts.attempted[rows]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a rule says in its own words."""

    title: Text
    summary: Text
    cause: Text
    course: Text
    """What the packets show."""
    no_chance: Text
    """Why it is no loss by chance."""
    remedy: Sequence[Remedy]
    do_not: Sequence[DoNot] = ()


WordsOf = Callable[[dict[str, object]], Words]
"""A rule's words, given the {server}, the {count} of attempts and the time that each {lost}."""


def black_holes(facts: Facts, rule: Rule, in_vain: Mask, worked: Mask, words_of: WordsOf) -> Iterator[Finding]:
    """One finding for each listener that special SYNs never reach: those `in_vain` were all there were, none `worked`."""
    if not in_vain.any():
        return
    places = facts.group_by_server(in_vain)
    places = places.only(places.kin(worked) == 0)
    describe = functools.partial(_describe, facts, rule=rule, words_of=words_of)
    yield from tell(places, describe, severe=places.sizes >= SEVERAL)


def _describe(facts: Facts, group: Group, *, rule: Rule, words_of: WordsOf) -> Finding:
    rows, row, client = group.rows, int(group.rows[0]), facts.connections.client
    several = len(rows) >= SEVERAL
    lost_ns = client.retransmit_first_ns[rows] - client.first_syn_ns[rows]
    said = words_of({"count": format_count(len(rows)), "server": str(group.endpoint), "lost": format_duration(int(np.median(lost_ns)))})
    return finding(
        facts,
        rule,
        subject=listener(group.endpoint),
        rows=rows,
        severity=rule.severity if several else Severity.INFO,
        confidence=SURE if several else UNSURE,
        title=said.title,
        summary=said.summary,
        hit=hit_of(facts, rows, kin(facts, row)),
        cause=said.cause,
        evidence=[
            PacketsEvidence(
                said.course,
                row,
                facts.frames(row, (CLIENT, "syn_frame"), (CLIENT, "retransmit_frame"), (SERVER, "syn_frame")),
            )
        ],
        ruled_out=[
            RuledOut("handshake.syn_retransmitted", said.no_chance),
            RuledOut("handshake.filtered", msg("the server answers plain SYNs")),
        ],
        remedy=said.remedy,
        do_not=said.do_not,
    )
