"""Sockets whose FIN is repeated without an answer: what the rules tell alike, whichever side closed first."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from estab.diagnose.advice.declare import Advice
from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence import silence
from estab.diagnose.evidence.places import Place, places
from estab.diagnose.facts import Facts, Mask
from estab.diagnose.finding import Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Rule
from estab.instant import format_duration
from estab.text import Text, format_count, msg
from estab.track.records import FIN_ACKED, FIN_SENT

PILE = 3
"""Connections that make a pile; fewer are a note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a rule says in its own words."""

    title: Text
    summary: Text
    cause: Text
    advice: Advice


WordsOf = Callable[[dict[str, object]], Words]
"""A rule's words, given {name} of the place, the {count} of its sockets and the {longest} wait."""


def unanswered(facts: Facts, side: int) -> Mask:
    """A side has sent FIN, repeats what is under way, and hears nothing."""
    unheard = silence.repeats_unheard(facts, side)
    return np.asarray(unheard & facts.side_marked(side, FIN_SENT) & ~facts.side_marked(side, FIN_ACKED))


def piles(facts: Facts, rule: Rule, mask: Mask, side: int, words_of: WordsOf) -> Iterator[Finding]:
    """One finding for each listener whose FINs go unanswered, or for the clients of each."""
    found_at = places(facts, mask & facts.unclaimed(rule.yields_to), side)
    describe = functools.partial(_describe, facts, rule=rule, side=side, words_of=words_of)
    yield from tell(found_at, describe, severe=found_at.sizes >= PILE)


def _describe(facts: Facts, place: Place, *, rule: Rule, side: int, words_of: WordsOf) -> Finding:
    me, waited_ns = facts.connections.side(side), silence.repeating_ns(facts, side)
    rows = place.rows[np.argsort(-waited_ns[place.rows], kind="stable")]
    row = int(rows[0])
    longest = format_duration(int(waited_ns[row]))
    said = words_of({"count": format_count(len(rows)), "name": place.name, "longest": longest})
    return finding(
        facts,
        rule,
        subject=place.subject,
        rows=rows,
        severity=rule.severity if len(rows) >= PILE else Severity.INFO,
        confidence=0.85,
        title=said.title,
        summary=said.summary,
        hit=hit_of(facts, rows, place.kin),
        cause=said.cause,
        evidence=[
            PacketsEvidence(
                msg(
                    "FIN repeated {repeats} times in {longest}, no answer",
                    repeats=format_count(int(me.retransmit_fin[row])),
                    longest=longest,
                ),
                row,
                facts.frames(row, (side, "fin_frame"), (side, "last_frame")),
            )
        ],
        ruled_out=[RuledOut("close.fin_wait2_stuck", msg("the FIN itself was not acknowledged"))],
        remedy=said.advice.remedy,
        do_not=said.advice.do_not,
    )
