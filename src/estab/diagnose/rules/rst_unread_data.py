"""A program closes with data unread: the kernel sends RST in the place of FIN.

What it sees
    A side that has sent no FIN sends a RST with ACK while data of the other side is not acknowledged, or while a request to this server
    stands unanswered.

Why it matters
    The RST overtakes what the closing side had sent before: a client that uploads often loses the very response that would explain the
    refusal (413, 401, 400), and reads ECONNRESET.

Evidence required
    The RST with ACK, and the data that had come without an answer.  Where that was but a last word after an exchange, it is a note.

What else looks like this
    SO_LINGER 0 looks the same on the wire (`rst.abort`).  Data that came after the FIN draws a RST without ACK (`rst.data_after_close`).

What to do
    Close lingeringly: shutdown(SHUT_WR), read and discard to the end or a limit, then close().

References
    RFC 2525 §2.17; RFC 9293 §3.10.4; RFC 9112 §9.6; net/ipv4/tcp.c __tcp_close
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import rst
from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence.places import Place, places
from estab.diagnose.evidence.resets import Kind, Resets, usual
from estab.diagnose.facts import CLIENT, SERVER, Facts
from estab.diagnose.finding import Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.rule import Need, Rule, Source
from estab.text import Text, format_count, msg

RULE = Rule(
    code="rst.unread_data",
    title=msg("A program closes with data unread"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS}),
    references=("RFC 2525 §2.17", "RFC 9293 §3.10.4", "RFC 9112 §9.6"),
    yields_to=(
        "attack.blind_rst",
        "attack.port_scan",
        "handshake.accept_queue_overflow",
        "half_open.peer_vanished",
        "keepalive.unanswered",
        "listen.closed_with_pending",
    ),
)

FAREWELL_BYTES = 64
"""A last word of the protocol (close_notify of TLS, unbind of LDAP, close of WebSocket) fits into this; nobody misses its answer."""


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener that closes so, and one for the clients of each."""
    if not facts.reset.any():
        return
    resets = facts.once(Resets)
    for side in (SERVER, CLIENT):
        for place in places(facts, resets.mask(Kind.UNREAD, side) & facts.unclaimed(RULE.yields_to), side):
            yield _describe(facts, resets, place, side)


def _describe(facts: Facts, resets: Resets, place: Place, side: int) -> Finding:
    unread = resets.unread_bytes[resets.at(place.rows)]
    rows = place.rows[np.argsort(-unread, kind="stable")]
    row, most = int(rows[0]), int(unread.max())
    at = resets.at(place.rows)
    farewell = (unread > 0) & (unread <= FAREWELL_BYTES) & (resets.sender("data_packets")[at] > 0)
    harmless = bool((resets.after_other_fin[at] | farewell).all())
    values = {"count": format_count(len(rows)), "name": place.name}
    return finding(
        facts,
        RULE,
        subject=place.subject,
        rows=rows,
        severity=Severity.INFO if harmless else usual(place.share, RULE.severity),
        confidence=0.85 if most else 0.7,
        title=msg("Data left unread at close by {name}", name=place.name),
        summary=msg("{count} connections were reset by {name} while data had come that it had not answered.", **values),
        hit=hit_of(facts, rows, place.kin),
        cause=msg(
            "The program called close() while its receive buffer held data (or with SO_LINGER 0); the kernel then sends RST instead of FIN."
        ),
        evidence=[PacketsEvidence(_proof(most), row, facts.frames(row, (1 - side, "last_frame"), (side, "rst_frame")))],
        ruled_out=[
            RuledOut("half_open.peer_restarted", msg("the RST carries ACK: a socket was there and spoke")),
            RuledOut("rst.data_after_close", msg("no FIN was sent before the RST")),
        ],
        remedy=rst.UNREAD_DATA.remedy,
        do_not=rst.UNREAD_DATA.do_not,
    )


def _proof(unread: int) -> Text:
    if unread:
        return msg(
            "RST with ACK while {bytes} bytes of the other side were not acknowledged",
            "RST with ACK while {bytes} byte of the other side was not acknowledged",
            bytes=format_count(unread),
        )
    return msg("RST with ACK in the place of an answer to the latest data")
