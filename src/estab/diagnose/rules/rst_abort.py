"""A program aborts its connections: RST in the place of FIN.

What it sees
    A side that has sent no FIN sends a RST with ACK, at the right place, although it had acknowledged and answered what had come.

Why it matters
    The peer reads ECONNRESET and cannot tell an end from a fault; what was still under way is thrown away, TIME-WAIT is skipped.

Evidence required
    The RST with ACK (a socket spoke) and no FIN of its sender before.  What was lost is counted.  A RST after the peer's orderly FIN, or on
    a connection that never carried data (a health check, a connect scan), is a note, and so is a small share, and a RST
    that ends a silent connection on which nothing was under way.

What else looks like this
    close() with unread data also sends RST and cannot always be told apart on the wire (`rst.unread_data`).  A RST without ACK comes
    from where no socket is (`rst.data_after_close`, `half_open.peer_restarted`); one from another distance from a device on the path.
    A side that gave up on a silent peer also ends with RST (`keepalive.unanswered`).

What to do
    Close in the ordinary way; remove SO_LINGER {1, 0}.

References
    RFC 9293 §3.10.5; RFC 1122 §4.2.2.13; net/ipv4/tcp.c __tcp_close
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import rst
from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence.places import Place, places
from estab.diagnose.evidence.resets import COMMON_SHARE, Kind, Resets, usual
from estab.diagnose.facts import CLIENT, SERVER, Column, Facts, Mask
from estab.diagnose.finding import Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import Grouping, tell
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import SECOND_NS, format_duration
from estab.text import Text, format_count, msg

RULE = Rule(
    code="rst.abort",
    title=msg("A program aborts its connections"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS}),
    knobs=("SO_LINGER",),
    references=("RFC 9293 §3.10.5", "RFC 1122 §4.2.2.13"),
    yields_to=(
        "attack.blind_rst",
        "attack.port_scan",
        "handshake.accept_queue_overflow",
        "half_open.peer_vanished",
        "keepalive.unanswered",
        "listen.closed_with_pending",
    ),
)

LONG_QUIET_NS = 5 * SECOND_NS
"""A RST after such a silence is the work of an idle timeout rather than of a conversation."""


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener that aborts, and one for the clients of each."""
    if not facts.reset.any():
        return
    resets = facts.once(Resets)
    for side in (SERVER, CLIENT):
        aborting = places(facts, resets.mask(Kind.ABORTED, side) & facts.unclaimed(RULE.yields_to), side)
        yield from tell(aborting, functools.partial(_describe, facts, resets=resets, side=side), severe=_severe(facts, resets, aborting))


def _severe(facts: Facts, resets: Resets, aborting: Grouping[Place]) -> Mask:
    """Places where it is more than a note: it hurt so many that it is usual, and not after a long silence without a loss."""
    hurt, quiet, lost = (resets.spread(column) for column in (_hurt(resets), resets.quiet_ns >= LONG_QUIET_NS, resets.lost_bytes > 0))
    hurting = aborting.total(hurt)
    share = hurting / np.maximum(aborting.kin(facts.established | facts.midstream), 1)
    return np.asarray((hurting > 0) & ~(aborting.least(quiet) & ~aborting.largest(lost)) & (share >= COMMON_SHARE))


def _hurt(resets: Resets) -> Mask:
    """Data had gone, and the other side had not closed before."""
    return np.asarray(resets.exchanged & ~resets.after_other_fin)


def _describe(facts: Facts, place: Place, resets: Resets, side: int) -> Finding:
    at = resets.at(place.rows)
    lost, hurt = resets.lost_bytes[at], _hurt(resets)[at]
    rows = place.rows[np.lexsort([-lost, ~hurt])]
    share = int(np.count_nonzero(hurt)) / max(len(place.kin), 1)
    quiet = bool((resets.quiet_ns[at] >= LONG_QUIET_NS).all())
    harmless = not hurt.any() or (quiet and not lost.any())
    severity = Severity.INFO if harmless else usual(share, RULE.severity)
    values: dict[str, object] = {"count": format_count(len(rows)), "name": place.name, "lost": format_count(int(lost.sum()))}
    return finding(
        facts,
        RULE,
        subject=place.subject,
        rows=rows,
        severity=severity,
        confidence=0.75,
        title=msg("RST instead of FIN from {name}", name=place.name),
        summary=_summary(values, lost=bool(lost.any())),
        hit=hit_of(facts, rows, place.kin),
        cause=_cause(resets, at, quiet=quiet),
        evidence=_evidence(facts, resets, int(rows[0]), side),
        ruled_out=[
            RuledOut("half_open.peer_restarted", msg("the RST carries ACK: a socket was there and spoke")),
            RuledOut("rst.from_middlebox", msg("nothing in the RST differs from the packets of the host itself")),
        ],
        remedy=rst.ABORT.remedy,
        do_not=rst.ABORT.do_not,
    )


def _summary(values: dict[str, object], *, lost: bool) -> Text:
    if lost:
        return msg("{count} connections were aborted with RST by {name}; {lost} bytes of its own were not yet acknowledged.", **values)
    return msg("{count} connections were aborted with RST by {name}; all that it had sent was acknowledged.", **values)


def _cause(resets: Resets, at: Column, *, quiet: bool) -> Text:
    if not resets.exchanged[at].any():
        return msg("Opened and aborted without a byte: a health check or a connect scan.")
    if quiet:
        return msg("After a long silence: an idle timeout that ends connections by RST, of the program or of a load balancer at its place.")
    if resets.after_other_fin[at].all():
        return msg("The peer had closed in order before; the socket was then closed with SO_LINGER 0 or with data unread.")
    return msg(
        "close() with SO_LINGER 0, close() with data in the receive buffer that was never read, or a connection killed from outside."
    )


def _evidence(facts: Facts, resets: Resets, row: int, side: int) -> list[Evidence]:
    place = int(resets.at(np.array([row]))[0])
    quiet = format_duration(int(resets.quiet_ns[place]))
    text = msg("RST with ACK and no FIN before it, {quiet} after the latest packet with data or from the other side", quiet=quiet)
    return [PacketsEvidence(text, row, facts.frames(row, (side, "rst_frame")))]
