"""A pooled connection was closed by the server at the moment of its next use.

What it sees
    A connection that had carried exchanges idles; the server's FIN and the client's next request cross on the way; the request is
    answered by RST.

Why it matters
    A few requests fail with "connection reset" or an unexpected end, apparently at random.

Evidence required
    Earlier exchanges, the silence before, the server's FIN, the request that does not acknowledge it, and the RST without ACK.

What else looks like this
    A client that had acknowledged the FIN and writes all the same (`rst.data_after_close`).  A server that restarted sends no FIN
    (`half_open.peer_restarted`).

What to do
    Let the client give up idle connections before the server does; repeat idempotent requests.

References
    RFC 9112 §9.3.1, §9.6; RFC 1122 §4.2.2.13
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import app
from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence.places import Place, places, shares
from estab.diagnose.evidence.resets import COMMON_SHARE, Kind, Resets, usual
from estab.diagnose.facts import SERVER, Column, Facts
from estab.diagnose.finding import Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import SECOND_NS, format_duration
from estab.text import format_count, msg

RULE = Rule(
    code="app.pool_keepalive_race",
    title=msg("Idle connections are closed at the moment of their next use"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.TIMES}),
    references=("RFC 9112 §9.3.1", "RFC 9112 §9.6"),
    yields_to=("attack.blind_rst", "rst.injected"),
)

IDLE_NS = SECOND_NS // 2
"""Below the idle timeouts of servers (2 s is a short one)."""
ROUND_TRIPS = 10
"""Silence of fewer is no idling."""
REQUEST_BYTES = 16
"""No request of a pooled protocol is shorter; a key typed into a terminal is."""


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener."""
    if not facts.reset.any():
        return
    crossed = facts.once(Resets).mask(Kind.CROSSED_DATA, SERVER) & facts.unclaimed(RULE.yields_to)
    if not crossed.any():
        return
    server, idle_ns = facts.connections.server, _idle_ns(facts)
    request = server.unacked_at_rst_bytes >= REQUEST_BYTES
    idle = (idle_ns >= IDLE_NS) & (idle_ns >= ROUND_TRIPS * (facts.connections.client.rtt_min_ns + server.rtt_min_ns))
    found_at = places(facts, np.asarray(crossed & request & idle & (server.turns > 0)), SERVER)
    severe = (found_at.sizes > 1) | (shares(facts, found_at) >= COMMON_SHARE)
    yield from tell(found_at, functools.partial(_describe, facts, idle_ns=idle_ns), severe=severe)


def _idle_ns(facts: Facts) -> Column:
    """The silence before the server's FIN or before the client's request, whichever went by first."""
    client, server = facts.connections.client, facts.connections.server
    before_fin_ns = np.where(server.flight_ns == server.fin_ns, server.flight_idle_ns, 0)
    return np.asarray(np.maximum(before_fin_ns, client.flight_idle_ns))


def _describe(facts: Facts, place: Place, idle_ns: Column) -> Finding:
    rows = place.rows[np.argsort(-idle_ns[place.rows], kind="stable")]
    row = int(rows[0])
    values = {"count": format_count(len(rows)), "name": place.name, "idle": format_duration(int(np.median(idle_ns[rows])))}
    return finding(
        facts,
        RULE,
        subject=place.subject,
        rows=rows,
        severity=usual(place.share, RULE.severity) if len(rows) == 1 else RULE.severity,
        confidence=0.85,
        title=msg("Idle connections closed by {name} at the moment of their next use", name=place.name),
        summary=msg(
            "{count} requests crossed the FIN with which {name} closed the idle connection, and were answered by RST.",
            "{count} request crossed the FIN with which {name} closed the idle connection, and was answered by RST.",
            **values,
        ),
        hit=hit_of(facts, rows, place.kin),
        cause=msg(
            "The server's idle timeout, about {idle}, is not longer than the time for which clients keep connections in their pools.",
            **values,
        ),
        evidence=[
            PacketsEvidence(
                msg("FIN of the server and request of the client cross after {idle} of silence; then RST", **values),
                row,
                facts.frames(row, (SERVER, "fin_frame"), (SERVER, "rst_frame")),
            )
        ],
        ruled_out=[RuledOut("rst.data_after_close", msg("the request did not acknowledge the FIN: the client could not know"))],
        remedy=app.POOL_KEEPALIVE_RACE.remedy,
        do_not=app.POOL_KEEPALIVE_RACE.do_not,
    )
