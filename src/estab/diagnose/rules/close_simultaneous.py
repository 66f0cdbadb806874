"""Both ends close at the same time: their FINs cross.

What it sees
    Each side sends FIN before it has received the other's.

Why it matters
    It is no fault.  Both ends pass through CLOSING and both keep TIME-WAIT.

Evidence required
    Two FINs, neither of which acknowledges the other.

What else looks like this
    When one FIN is repeated after the other's has come it acknowledges it; that is an ordinary close.

What to do
    Nothing; if TIME-WAIT must not be at the server, let one side alone close.

References
    RFC 9293 §3.6, figure 13
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence.places import places
from estab.diagnose.facts import CLIENT, SERVER, Facts
from estab.diagnose.finding import Finding, PacketsEvidence, Severity
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg
from estab.track.records import CROSSING_FINS

RULE = Rule(
    code="close.simultaneous",
    title=msg("Both ends close at the same time"),
    severity=Severity.INFO,
    seen_from=Source.CAPTURE,
    needs=frozenset({Need.BOTH_DIRECTIONS}),
    references=("RFC 9293 §3.6",),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener."""
    for place in places(facts, facts.marked(CROSSING_FINS) & ~facts.one_way, SERVER):
        row = int(place.rows[0])
        values = {"count": format_count(len(place.rows)), "name": place.name}
        yield finding(
            facts,
            RULE,
            subject=place.subject,
            rows=place.rows,
            confidence=0.95,
            title=msg("Both ends close at the same time: {name} and its clients", name=place.name),
            summary=msg(
                "On {count} connections to {name} the two FINs crossed: neither end had received the other's when it closed.", **values
            ),
            hit=hit_of(facts, place.rows, place.kin),
            cause=msg("Both programs closed within the time of one way of the path."),
            evidence=[
                PacketsEvidence(
                    msg("two FINs, neither acknowledges the other"), row, facts.frames(row, (CLIENT, "fin_frame"), (SERVER, "fin_frame"))
                )
            ],
        )
