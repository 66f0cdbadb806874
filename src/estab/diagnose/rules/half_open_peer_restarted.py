"""The peer no longer knows the connection.

What it sees
    A segment of an open connection is answered by a RST without ACK, numbered by that segment's acknowledgement: there is no socket any
    more, although its side never sent FIN or RST.  The RST comes from the distance of the peer's own packets.

Why it matters
    The next write gives ECONNRESET.  The side that only waits never finds out and holds a dead connection.

Evidence required
    The RST without ACK, in answer to data or a probe, from a side that had taken part in the connection and had not closed it.

What else looks like this
    A device on the path that forgot the flow answers from another distance (`middlebox.idle_timeout`).  After a FIN of the same side the
    RST means late data (`rst.data_after_close`).  An aborting program sends RST with ACK (`rst.abort`).

What to do
    Reconnect with growing random waits, check pooled connections before use, and let sides that only wait probe.

References
    RFC 9293 §3.5.1, §3.10.7.1
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import half_open
from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence.places import Place, places
from estab.diagnose.evidence.resets import Kind, Resets
from estab.diagnose.facts import CLIENT, SERVER, Facts
from estab.diagnose.finding import Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import format_duration
from estab.text import format_count, msg

RULE = Rule(
    code="half_open.peer_restarted",
    title=msg("The peer no longer knows the connection"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS}),
    knobs=("SO_KEEPALIVE", "TCP_KEEPIDLE"),
    references=("RFC 9293 §3.5.1", "RFC 9293 §3.10.7.1"),
    yields_to=(
        "attack.blind_rst",
        "rst.injected",
        "middlebox.idle_timeout",
        "handshake.accept_queue_overflow",
        "handshake.fake_established",
    ),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener that has forgotten connections, and one for the clients of each."""
    if not facts.reset.any():
        return
    resets = facts.once(Resets)
    for side in (SERVER, CLIENT):
        for place in places(facts, resets.mask(Kind.NO_SOCKET, side) & facts.unclaimed(RULE.yields_to), side):
            yield _describe(facts, resets, place, side)


def _describe(facts: Facts, resets: Resets, place: Place, side: int) -> Finding:
    idle = resets.idle_ns[resets.at(place.rows)]
    rows = place.rows[np.argsort(-idle, kind="stable")]
    row, me = int(rows[0]), facts.connections.side(side)
    values = {"count": format_count(len(rows)), "name": place.name, "idle": format_duration(int(idle.max()))}
    frames = facts.frames(row, (1 - side, "last_frame"), (side, "rst_frame"))
    return finding(
        facts,
        RULE,
        subject=place.subject,
        rows=rows,
        confidence=0.85,
        title=msg("Open connections forgotten by {name}", name=place.name),
        summary=msg(
            "{count} connections were open, but {name} answered the next segment by RST, as a host does that knows of no connection.",
            **values,
        ),
        hit=hit_of(facts, rows, place.kin),
        cause=msg(
            "The host, container or load balancer at that address was restarted or replaced, or its kernel destroyed the socket; it kept "
            "no record of the connection."
        ),
        evidence=[
            PacketsEvidence(msg("a segment after {idle} of silence is answered by RST without ACK", **values), row, frames),
            PacketsEvidence(
                msg("it had taken part before: {packets} packets, no FIN", packets=format_count(int(me.packets[row] - me.rsts[row]))),
                row,
                facts.frames(row, (side, "first_frame"), (side, "rst_frame")),
            ),
        ],
        ruled_out=[
            RuledOut("rst.abort", msg("a program that aborts sends RST with ACK")),
            RuledOut("rst.from_middlebox", msg("nothing in the RST differs from the packets of the host itself")),
            RuledOut("rst.data_after_close", msg("that side had not closed")),
        ],
        remedy=half_open.PEER_RESTARTED.remedy,
        do_not=half_open.PEER_RESTARTED.do_not,
    )
