"""One side has closed and waits in FIN-WAIT-2 for a FIN that does not come.

What it sees
    A side sent FIN and had it acknowledged; the other neither closes nor sends anything more for a long time.

Why it matters
    A socket that its program has closed is freed by the kernel after tcp_fin_timeout; data that comes later meets a RST.  One that
    the program keeps (shutdown() only) has no timer and stays for ever, with its descriptor.

Evidence required
    The FIN, its ACK, and the silence since.  Where the other side leaks its sockets (`close.close_wait_leak`) this is the consequence
    and only a note; where it had sent data after the FIN and then went silent for a minute, it is a warning.

What else looks like this
    A half-close in use: data still comes (`close.half_close_used`).  A FIN that was not acknowledged is `close.fin_wait1_pile`.

What to do
    Make the other side close; give reads after shutdown() a time limit.

References
    RFC 9293 §3.6, §3.3.2; net/ipv4/tcp.c; Documentation/networking/ip-sysctl.rst tcp_fin_timeout
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import close
from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence.places import Place, places
from estab.diagnose.facts import CLIENT, SERVER, Column, Facts, Mask
from estab.diagnose.finding import AbsenceEvidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import MINUTE_NS, SECOND_NS, format_duration
from estab.text import Text, format_count, msg
from estab.track.records import FIN_ACKED, FIN_SENT

RULE = Rule(
    code="close.fin_wait2_stuck",
    title=msg("Sockets wait in FIN-WAIT-2 for a FIN that does not come"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.TIMES}),
    knobs=("tcp_fin_timeout",),
    references=("RFC 9293 §3.6", "RFC 9293 §3.3.2"),
    yields_to=("half_open.peer_vanished", "middlebox.idle_timeout", "close.close_wait_leak"),
)

LEAK = "close.close_wait_leak"
"""Its connections are told here as well, as the other end's view of the same matter, but only as a note."""
AGE_NS = MINUTE_NS
"""TCP_FIN_TIMEOUT of Linux: after it an orphaned FIN-WAIT-2 is gone (include/net/tcp.h)."""


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener that waits so, and one for the clients of each."""
    leaks = facts.claimed_by(LEAK)
    others = facts.unclaimed(RULE.yields_to)
    for side in (CLIENT, SERVER):
        waiting, age_ns = _waiting(facts, side)
        if not waiting.any():
            continue
        describe = functools.partial(_describe, facts, side=side, age_ns=age_ns)
        yield from tell(places(facts, waiting & leaks, side), functools.partial(describe, leak=True))
        yield from tell(places(facts, waiting & others & (age_ns >= AGE_NS), side), functools.partial(describe, leak=False))


def _waiting(facts: Facts, side: int) -> tuple[Mask, Column]:
    """Connections whose side is in FIN-WAIT-2 at the end, and since when nothing new came from the other."""
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    closed = facts.side_marked(side, FIN_ACKED) & (me.fin_ns > 0) & ~facts.side_marked(1 - side, FIN_SENT)
    age_ns = facts.last_ns - np.maximum(me.fin_ns, peer.last_data_ns)
    return np.asarray(closed & ~facts.reset & ~facts.one_way), np.asarray(age_ns)


def _describe(facts: Facts, place: Place, side: int, age_ns: Column, *, leak: bool) -> Finding:
    rows = place.rows[np.argsort(-age_ns[place.rows], kind="stable")]
    row, me, peer = int(rows[0]), facts.connections.side(side), facts.connections.side(1 - side)
    oldest = format_duration(int(age_ns[row]))
    values = {"count": format_count(len(rows)), "name": place.name, "oldest": oldest}
    return finding(
        facts,
        RULE,
        subject=place.subject,
        rows=rows,
        severity=Severity.INFO if leak else RULE.severity,
        confidence=0.5 if leak and int(age_ns[row]) < SECOND_NS else 0.8,
        title=msg("FIN-WAIT-2 without end at {name}", name=place.name),
        summary=msg(
            "{count} sockets of {name} have closed, without the other side's FIN so far; the oldest has waited {oldest}.", **values
        ),
        hit=hit_of(facts, rows, place.kin),
        cause=_cause(leak=leak),
        evidence=[
            PacketsEvidence(msg("the FIN was acknowledged"), row, facts.frames(row, (side, "fin_frame"), (1 - side, "last_frame"))),
            AbsenceEvidence(
                msg("neither data nor FIN nor RST came for {waited}, to the end of the capture", waited=oldest),
                row,
                max(int(me.fin_ns[row]), int(peer.last_data_ns[row])),
                facts.last_ns,
            ),
        ],
        ruled_out=[RuledOut("close.fin_wait1_pile", msg("the FIN was acknowledged, so both hosts and the path are alive"))],
        remedy=close.FIN_WAIT2_STUCK.remedy,
        do_not=close.FIN_WAIT2_STUCK.do_not,
    )


def _cause(*, leak: bool) -> Text:
    if leak:
        return msg("The other side holds the connection in CLOSE-WAIT: its program does not close.")
    return msg("The other side has stopped sending but does not close: its program waits for something, or has forgotten the connection.")
