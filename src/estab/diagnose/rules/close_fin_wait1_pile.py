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

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import close
from estab.diagnose.evidence.fin_piles import Words, piles, unanswered
from estab.diagnose.facts import CLIENT, SERVER, Facts, Mask
from estab.diagnose.finding import Finding, Severity
from estab.diagnose.rule import Need, Rule, Source
from estab.text import msg
from estab.track.records import FIN_SENT

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


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener whose FINs go unanswered, and one for the clients of each."""
    for side in (SERVER, CLIENT):
        yield from piles(facts, RULE, _closed_first(facts, side), side, _words)


def _closed_first(facts: Facts, side: int) -> Mask:
    """This side closed first, and its FIN alone is repeated without an answer."""
    alone = facts.connections.side(side).run_payload == 0
    return np.asarray(unanswered(facts, side) & alone & ~facts.side_marked(1 - side, FIN_SENT))


def _words(values: dict[str, object]) -> Words:
    return Words(
        title=msg("FINs of {name} are not answered", name=values["name"]),
        summary=msg(
            "{count} sockets of {name} are in FIN-WAIT-1: the FIN was not answered for {longest} at the longest.",
            "{count} socket of {name} is in FIN-WAIT-1: the FIN was not answered for {longest}.",
            **values,
        ),
        cause=msg(
            "The other host, or the path to it, disappeared before the close: clients on the move, a crash, a firewall that forgot it."
        ),
        advice=close.FIN_WAIT1_PILE,
    )
