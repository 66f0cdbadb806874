"""FINs are not answered: closed sockets stay in FIN-WAIT-1.

What it sees
    A side that closes first repeats its FIN, and nothing comes back: neither ACK nor FIN.

Why it matters
    Each such socket holds kernel memory and a port until its FIN has been given up, after about 100 s, although no program owns it.

Evidence required
    The FIN, at least four repetitions of it without a word in more than a second (or three in more than three seconds).  One or two such
    connections are a note.

What else looks like this
    An acknowledged FIN leads on to FIN-WAIT-2 (`close.fin_wait2_stuck`).  Where the other side had sent FIN first it is
    `close.last_ack_pile`; where data goes unanswered as well, `half_open.peer_vanished`.

What to do
    Find why clients vanish; bound the wait with TCP_USER_TIMEOUT before close().

References
    RFC 9293 §3.6, §3.8.3; Documentation/networking/ip-sysctl.rst tcp_orphan_retries
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import close
from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence import silence
from estab.diagnose.evidence.places import Place, places
from estab.diagnose.facts import CLIENT, SERVER, Facts, Mask
from estab.diagnose.finding import Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import format_duration
from estab.text import format_count, msg
from estab.track.records import FIN_ACKED, FIN_SENT

RULE = Rule(
    code="close.fin_wait1_pile",
    title=msg("FINs are not answered: sockets stay in FIN-WAIT-1"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.TIMES}),
    knobs=("tcp_orphan_retries", "TCP_USER_TIMEOUT"),
    references=("RFC 9293 §3.6", "RFC 9293 §3.8.3"),
    yields_to=("half_open.peer_vanished", "middlebox.idle_timeout"),
)

PILE = 3
"""Connections that make a pile; fewer are a note."""


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener whose FINs go unanswered, and one for the clients of each."""
    for side in (SERVER, CLIENT):
        found_at = places(facts, _unanswered(facts, side) & facts.unclaimed(RULE.yields_to), side)
        yield from tell(found_at, functools.partial(_describe, facts, side=side), severe=found_at.sizes >= PILE)


def _unanswered(facts: Facts, side: int) -> Mask:
    """This side closed first, and its FIN alone is repeated without an answer."""
    unheard = silence.repeats_unheard(facts, side)
    if not unheard.any():
        return unheard
    alone = (facts.connections.side(side).run_payload == 0) & facts.side_marked(side, FIN_SENT) & ~facts.side_marked(side, FIN_ACKED)
    return np.asarray(unheard & alone & ~facts.side_marked(1 - side, FIN_SENT))


def _describe(facts: Facts, place: Place, side: int) -> Finding:
    me, waited_ns = facts.connections.side(side), silence.repeating_ns(facts, side)
    rows = place.rows[np.argsort(-waited_ns[place.rows], kind="stable")]
    row = int(rows[0])
    values = {"count": format_count(len(rows)), "name": place.name, "longest": format_duration(int(waited_ns[row]))}
    repeats = format_count(int(me.retransmit_fin[row]))
    return finding(
        facts,
        RULE,
        subject=place.subject,
        rows=rows,
        severity=RULE.severity if len(rows) >= PILE else Severity.INFO,
        confidence=0.85,
        title=msg("FINs of {name} are not answered", name=place.name),
        summary=msg("{count} sockets of {name} are in FIN-WAIT-1: their FIN was not answered for {longest} at the longest.", **values),
        hit=hit_of(facts, rows, place.kin),
        cause=msg(
            "The other host, or the path to it, disappeared before the close: clients on the move, a crash, a firewall that forgot it."
        ),
        evidence=[
            PacketsEvidence(
                msg("FIN repeated {repeats} times in {longest}, no answer", repeats=repeats, **values),
                row,
                facts.frames(row, (side, "fin_frame"), (side, "last_frame")),
            )
        ],
        ruled_out=[RuledOut("close.fin_wait2_stuck", msg("the FIN itself was not acknowledged"))],
        remedy=close.FIN_WAIT1_PILE.remedy,
        do_not=close.FIN_WAIT1_PILE.do_not,
    )
