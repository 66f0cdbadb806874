"""Data for a side that had closed is answered by RST.

What it sees
    A side sends FIN; data of the other side comes after it and is answered by RST.

Why it matters
    The data is lost without an error: the first write succeeds, the RST comes, the second write fails with EPIPE or SIGPIPE.

Evidence required
    The FIN, the data sent after the FIN had been acknowledged, and the RST.  Where the data crossed the FIN on its way nobody could
    know; that is a note, like a RST after few bytes in a small share of the connections.

What else looks like this
    A half-close in use: the side that sent FIN takes the data (`close.half_close_used`).  An idle connection that the server closes
    at the moment of the next request (`app.pool_keepalive_race`).  A RST after both FINs is no fault.

What to do
    Treat read() = 0 as the end of the stream; check pooled connections before use.

References
    RFC 1122 §4.2.2.13; RFC 9293 §3.6.1; net/ipv4/tcp_input.c tcp_rcv_state_process
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import rst
from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence.places import Place, places
from estab.diagnose.evidence.resets import Kind, Resets, usual
from estab.diagnose.facts import CLIENT, SERVER, Facts, Rows
from estab.diagnose.finding import DoNot, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import format_duration
from estab.text import Text, format_count, msg

RULE = Rule(
    code="rst.data_after_close",
    title=msg("Data after the close is answered by RST"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS}),
    references=("RFC 1122 §4.2.2.13", "RFC 9293 §3.6.1"),
    yields_to=("attack.blind_rst", "rst.injected", "app.pool_keepalive_race"),
)

FAREWELL_BYTES = 64
"""A last word of the protocol (close_notify of TLS, QUIT and its answer) fits into this; nobody misses it."""


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener whose clients write on (or that writes on itself), apart for data that merely crossed the FIN."""
    if not facts.reset.any():
        return
    resets, free = facts.once(Resets), facts.unclaimed(RULE.yields_to)
    for kind in (Kind.LATE_DATA, Kind.CROSSED_DATA):
        for side in (SERVER, CLIENT):
            for place in places(facts, resets.mask(kind, side) & free, 1 - side):
                yield _describe(facts, resets, place, side, knew=kind is Kind.LATE_DATA)


def _describe(facts: Facts, resets: Resets, place: Place, side: int, *, knew: bool) -> Finding:
    """`side` had closed; the place is the other, who wrote on."""
    late = resets.unread_bytes[resets.at(place.rows)]
    rows = place.rows[np.argsort(-late, kind="stable")]
    row, writer, closer = int(rows[0]), facts.connections.side(1 - side), facts.connections.side(side)
    harmful = knew and (int(late.max()) > FAREWELL_BYTES or _went_on_later(facts, rows, side))
    values = {"count": format_count(len(rows)), "bytes": format_count(int(late.sum())), "writer": place.name}
    after_ns = int(writer.last_data_ns[row] - closer.fin_ns[row])
    return finding(
        facts,
        RULE,
        subject=place.subject,
        rows=rows,
        severity=usual(place.share, RULE.severity) if harmful else Severity.INFO,
        confidence=0.95 if knew else 0.8,
        title=msg("Data sent to closed sockets by {writer}", writer=place.name),
        summary=msg(
            "{count} connections: {bytes} bytes from {writer} came after the other side had closed, and were answered by RST.",
            "{count} connection: {bytes} bytes from {writer} came after the other side had closed, and were answered by RST.",
            **values,
        ),
        hit=hit_of(facts, rows, place.kin),
        cause=_cause(knew=knew),
        evidence=[
            PacketsEvidence(
                msg("FIN, then data {after} later, then RST", after=format_duration(after_ns))
                if after_ns >= 0
                else msg("data, then a FIN that does not acknowledge it, then RST"),
                row,
                facts.frames(row, (side, "fin_frame"), (side, "rst_frame")),
            )
        ],
        ruled_out=[
            RuledOut("close.half_close_used", msg("the side that had closed did not take the data")),
            RuledOut("rst.abort", msg("the FIN came first: the side had closed in order")),
        ],
        remedy=rst.DATA_AFTER_CLOSE.remedy,
        do_not=[DoNot(msg("ignore SIGPIPE and EPIPE: what was written before is lost as well"))] if harmful else (),
    )


def _went_on_later(facts: Facts, rows: Rows, side: int) -> bool:
    """Whether any of the data came when the FIN was long known, not as the last word of an exchange."""
    writer, closer = facts.connections.side(1 - side), facts.connections.side(side)
    waited_ns = (writer.last_data_ns - closer.fin_ns)[rows]
    return bool((waited_ns > 2 * (writer.rtt_max_ns + closer.rtt_max_ns)[rows]).any())


def _cause(*, knew: bool) -> Text:
    if knew:
        return msg(
            "The program wrote on after its kernel had acknowledged the FIN: it did not notice, or did not look for, the end of the stream."
        )
    return msg("The data and the FIN crossed on the way: one side closed while the other was still sending.")
