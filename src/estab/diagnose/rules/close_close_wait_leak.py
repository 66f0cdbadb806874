"""An endpoint has received FIN and never closes: its sockets stay in CLOSE-WAIT.

What it sees
    One side sends FIN, the other acknowledges it and from then on sends neither FIN nor RST nor data until the capture ends.

Why it matters
    CLOSE-WAIT has no timer: it lasts until the application calls close().  Each one holds a file descriptor and memory; when descriptors
    run out the service accepts nobody.  The peer waits in FIN-WAIT-2 meanwhile.

Evidence required
    The FIN and the ACK that took it, and silence of the side that should close, longer than this very listener needed for its other
    connections.  One young case is a note; several of one listener, or one that is old, are a fault.

What else looks like this
    A half-close in use: the side still sends data after the FIN (`close.half_close_used`).  A capture that ends in the middle of an
    ordinary close: the silence is then no longer than usual.  A vanished host does not acknowledge the FIN (`close.fin_wait1_pile`).

What to do
    Close the descriptor when recv() returns 0, on every path through the program, errors included.  No kernel setting ends
    CLOSE-WAIT: keepalive probes are answered as long as the peer's socket exists, and tcp_fin_timeout bounds FIN-WAIT-2 of the other side.

References
    RFC 9293 §3.6, §3.10.4; net/ipv4/tcp.c
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import close
from estab.diagnose.compose import finding, hit_of, owner
from estab.diagnose.facts import CLIENT, SERVER, Column, Facts, Group, Mask, Rows
from estab.diagnose.finding import AbsenceEvidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import MILLISECOND_NS, MINUTE_NS, SECOND_NS, format_duration
from estab.text import format_count, msg
from estab.track.records import FIN_SENT, RECEIVED_FIN_PROVED

RULE = Rule(
    code="close.close_wait_leak",
    title=msg("Sockets stay in CLOSE-WAIT: the application does not close"),
    severity=Severity.CRITICAL,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.TIMES}),
    knobs=("tcp_fin_timeout", "nofile"),
    references=("RFC 9293 §3.6", "RFC 9293 §3.10.4"),
    yields_to=("half_open.peer_vanished", "middlebox.idle_timeout"),
)

YOUNGEST_NS = 30 * MILLISECOND_NS
"""An endpoint that acknowledges a FIN without closing in the same segment has let its delayed ACK (40 ms on Linux) run out."""
SLOWER_THAN_USUAL = 3
"""Times the 95th percentile of what the other connections of the same owner took from FIN to FIN."""
SEVERAL = 3
CLOSES_OTHERWISE = 5
"""Connections of the same owner that came to an end."""
OLD_NS = MINUTE_NS
SOME_TIME_NS = SECOND_NS


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener whose application leaks, and for each client host that does."""
    for side in (SERVER, CLIENT):
        for group in facts.group_by_side(_half_closed(facts, side), side):
            kin = facts.rows_to_server(int(group.rows[0])) if side == SERVER else facts.rows_from_client(int(group.rows[0]))
            age_ns = facts.last_ns - facts.connections.side(1 - side).fin_ns[group.rows]
            stuck = age_ns >= _patience_ns(facts, kin, side)
            if stuck.any() and not _in_passing(facts, kin, age_ns[stuck]):
                order = np.argsort(-age_ns[stuck], kind="stable")
                yield _describe(facts, Group(group.endpoint, group.rows[stuck][order]), age_ns[stuck][order], kin, side)


def _half_closed(facts: Facts, side: int) -> Mask:
    """This side has certainly received FIN and has sent nothing but ACKs since."""
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    silent = (me.after_peer_fin_bytes == 0) & (peer.fin_ns > 0) & (me.last_data_ns <= peer.fin_ns)
    took_it = facts.side_marked(side, RECEIVED_FIN_PROVED) & ~facts.side_marked(side, FIN_SENT)
    return np.asarray(took_it & silent & ~facts.reset & ~facts.one_way & facts.unclaimed(RULE.yields_to))


def _in_passing(facts: Facts, kin: Rows, age_ns: Column) -> bool:
    """One young case of an owner that closes otherwise: the capture ends in the middle of an ordinary close."""
    closed = int(np.count_nonzero(facts.connections.has_ended()[kin]))
    return len(age_ns) == 1 and int(age_ns[0]) < SOME_TIME_NS and closed >= CLOSES_OTHERWISE


def _patience_ns(facts: Facts, kin: Rows, side: int) -> int:
    """How long this owner may take to close before it is worth a word."""
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    took_ns = (me.fin_ns[kin] - peer.fin_ns[kin])[(peer.fin_ns[kin] > 0) & (me.fin_ns[kin] > peer.fin_ns[kin])]
    usual_ns = int(np.percentile(took_ns, 95)) if len(took_ns) else 0
    return max(YOUNGEST_NS, SLOWER_THAN_USUAL * usual_ns)


def _severity(count: int, oldest_ns: int) -> Severity:
    if count >= SEVERAL and (oldest_ns >= OLD_NS or count >= 2 * SEVERAL):
        return Severity.CRITICAL
    return Severity.WARNING if count >= SEVERAL or oldest_ns >= SOME_TIME_NS else Severity.INFO


def _describe(facts: Facts, group: Group, age_ns: Column, kin: Rows, side: int) -> Finding:
    rows, oldest_ns = group.rows, int(age_ns[0])
    severity = _severity(len(rows), oldest_ns)
    name = str(group.endpoint) if side == SERVER else group.endpoint.address
    values = {"owner": name, "count": format_count(len(rows)), "oldest": format_duration(oldest_ns)}
    return finding(
        facts,
        RULE,
        subject=owner(group, side),
        rows=rows,
        severity=severity,
        confidence={Severity.INFO: 0.5, Severity.WARNING: 0.8, Severity.CRITICAL: 0.95}[severity],
        title=msg("{owner} does not close: its sockets stay in CLOSE-WAIT", owner=name),
        summary=msg("{count} sockets of {owner} have received FIN and not been closed; the oldest has waited {oldest}.", **values),
        hit=hit_of(facts, rows, kin[facts.established[kin]]),
        cause=msg("The kernel has acknowledged the FIN; the application has not called close() on the socket."),
        evidence=_evidence(facts, rows, oldest_ns, side),
        ruled_out=[
            RuledOut("close.half_close_used", msg("no data was sent after the FIN")),
            RuledOut("half_open.peer_vanished", msg("the FIN was acknowledged, so both hosts and the path are alive")),
        ],
        remedy=close.CLOSE_WAIT_LEAK.remedy,
        do_not=close.CLOSE_WAIT_LEAK.do_not,
    )


def _evidence(facts: Facts, rows: Rows, oldest_ns: int, side: int) -> list[PacketsEvidence | AbsenceEvidence]:
    row = int(rows[0])
    fin_ns = int(facts.connections.side(1 - side).fin_ns[row])
    frames = facts.frames(row, (1 - side, "fin_frame"), (side, "last_frame"))
    return [
        PacketsEvidence(msg("the FIN was acknowledged"), row, frames),
        AbsenceEvidence(
            msg("no FIN, RST or data followed for {waited}, to the end of the capture", waited=format_duration(oldest_ns)),
            row,
            fin_ns,
            facts.last_ns,
        ),
    ]
