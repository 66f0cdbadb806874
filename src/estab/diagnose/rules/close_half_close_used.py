"""A half-close in use: one side has closed its direction, the other goes on sending.

What it sees
    A side sends FIN, the other acknowledges it and sends data afterwards, which the first takes.

Why it matters
    It is no fault, but worth knowing: proxies and devices that do not expect it cut such connections.

Evidence required
    Data sent after the FIN was acknowledged, and its acknowledgement by the side that had sent FIN.

What else looks like this
    When the socket was closed altogether the data meets a RST (`rst.data_after_close`).

What to do
    Nothing, unless a proxy stands in between.

References
    RFC 9293 §3.6, §3.9.1.5
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence.places import Place, places
from estab.diagnose.facts import CLIENT, SERVER, Facts, Mask
from estab.diagnose.finding import Finding, PacketsEvidence, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import format_duration
from estab.text import format_count, msg
from estab.track.records import RST_SENT

RULE = Rule(
    code="close.half_close_used",
    title=msg("A half-close is in use"),
    severity=Severity.INFO,
    seen_from=Source.CAPTURE,
    needs=frozenset({Need.BOTH_DIRECTIONS}),
    references=("RFC 9293 §3.6", "RFC 9293 §3.9.1.5"),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener that half-closes, and one for the clients of each."""
    for side in (CLIENT, SERVER):
        yield from tell(places(facts, _half_closed(facts, side), side), functools.partial(_describe, facts, side=side))


def _half_closed(facts: Facts, side: int) -> Mask:
    """This side had sent FIN and took all that came after."""
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    took_it = (peer.after_peer_fin_bytes > 0) & (me.ack_sent >= me.fin_ack + peer.after_peer_fin_bytes)
    return np.asarray(took_it & ~facts.side_marked(side, RST_SENT) & ~facts.one_way)


def _describe(facts: Facts, place: Place, side: int) -> Finding:
    peer = facts.connections.side(1 - side)
    rows = place.rows[np.argsort(-peer.after_peer_fin_bytes[place.rows], kind="stable")]
    row = int(rows[0])
    total = format_count(int(peer.after_peer_fin_bytes[rows].sum()))
    lasted = format_duration(max(int(peer.last_data_ns[row] - facts.connections.side(side).fin_ns[row]), 0))
    values = {"count": format_count(len(rows)), "name": place.name, "bytes": total, "lasted": lasted}
    return finding(
        facts,
        RULE,
        subject=place.subject,
        rows=rows,
        confidence=0.95,
        title=msg("Half-closed connections at {name}", name=place.name),
        summary=msg("On {count} connections {name} had sent FIN and still took {bytes} bytes from the other side.", **values),
        hit=hit_of(facts, rows, place.kin),
        cause=msg("The program used shutdown(SHUT_WR) to mark the end of its data and went on reading."),
        evidence=[
            PacketsEvidence(
                msg("FIN, then data of the other side for {lasted}, all acknowledged", **values),
                row,
                facts.frames(row, (side, "fin_frame"), (1 - side, "last_frame")),
            )
        ],
    )
