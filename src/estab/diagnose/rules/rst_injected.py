"""A forged RST cut a connection.

What it sees
    A RST with an acceptable sequence number, and its alleged sender goes on afterwards: with new data, a FIN, or packets from its own
    distance (time to live) while the RST had come from another.

Why it matters
    Somebody on the path reads the traffic and cuts connections: a filter, an intrusion prevention system, or an attacker.

Evidence required
    The RST, and a later packet of the same endpoint that an endpoint which had reset the connection cannot send.

What else looks like this
    A device that answers for a flow it has forgotten resets once and the endpoint stays silent (`rst.from_middlebox`,
    `middlebox.idle_timeout`).  A guessed RST has a wrong number and is not believed (`attack.blind_rst`).  A RST that merely overtook
    earlier data has a number above that data.

What to do
    Capture at both ends to find between which points the RST enters; change the policy there, or encrypt below TCP (IPsec, TCP-AO).

References
    RFC 5961 §3; RFC 9293 §3.10.7.4; RFC 5925
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import rst
from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence.places import Place, places
from estab.diagnose.evidence.resets import Kind, Resets
from estab.diagnose.facts import CLIENT, SERVER, Facts
from estab.diagnose.finding import Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="rst.injected",
    title=msg("A forged RST ended connections"),
    severity=Severity.CRITICAL,
    seen_from=Source.CAPTURE,
    needs=frozenset({Need.BOTH_DIRECTIONS}),
    references=("RFC 5961 §3", "RFC 9293 §3.10.7.4", "RFC 5925"),
    yields_to=("attack.blind_rst",),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener in whose name, and for each in whose clients' name, RSTs were forged."""
    if not facts.reset.any():
        return
    resets = facts.once(Resets)
    for side in (SERVER, CLIENT):
        for place in places(facts, resets.mask(Kind.FORGED, side) & facts.unclaimed(RULE.yields_to), side):
            yield _describe(facts, resets, place, side)


def _describe(facts: Facts, resets: Resets, place: Place, side: int) -> Finding:
    foreign = bool(resets.foreign[resets.at(place.rows)].all())
    return finding(
        facts,
        RULE,
        subject=place.subject,
        rows=place.rows,
        confidence=0.97 if foreign else 0.85,
        title=msg("RSTs were forged in the name of {name}", name=place.name),
        summary=msg(
            "{count} connections were cut by RSTs in the name of {name}, from where traffic went on afterwards.",
            count=format_count(len(place.rows)),
            name=place.name,
        ),
        hit=hit_of(facts, place.rows, place.kin),
        cause=msg(
            "Somebody who sees this traffic sends RSTs with the right numbers: a filter, an intrusion prevention system, an attacker."
        ),
        evidence=_evidence(facts, int(place.rows[0]), side, foreign=foreign),
        ruled_out=[
            RuledOut("rst.abort", msg("an endpoint that resets a connection forgets it and sends no more")),
            RuledOut("attack.blind_rst", msg("the number was not guessed: the receiver believes this RST")),
        ],
        remedy=rst.INJECTED.remedy,
        do_not=rst.INJECTED.do_not,
    )


def _evidence(facts: Facts, row: int, side: int, *, foreign: bool) -> list[Evidence]:
    me = facts.connections.side(side)
    frames = facts.frames(row, (side, "rst_frame"), (side, "last_frame"))
    found: list[Evidence] = [PacketsEvidence(msg("after its RST the endpoint sends on as if nothing had happened"), row, frames)]
    if foreign:
        values = {"odd": int(me.rst_ttl[row]), "usual": int(me.ttl[row])}
        text = msg("the RST came with a TTL of {odd}; the endpoint's own packets come with {usual}", **values)
        found.insert(0, PacketsEvidence(text, row, facts.frames(row, (side, "first_frame"), (side, "rst_frame"))))
    return found
