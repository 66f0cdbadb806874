"""The last FIN is not answered: sockets stay in LAST-ACK.

What it sees
    A side that closes second repeats its FIN, and nothing comes back.

Why it matters
    The connection is over and no data is lost, but each such socket holds kernel memory until its FIN has been given up, after about 100 s.

Evidence required
    The FIN, at least four repetitions of it without a word in more than a second (or three in more than three seconds).  One or two such
    connections are a note.

What else looks like this
    A FIN that is repeated once and then acknowledged is a loss (`loss.fin_retransmitted`).  Where this side closed first it is
    `close.fin_wait1_pile`; where both closed at once, `close.closing_pile`.

What to do
    Look for a firewall that forgets connections after the first FIN; otherwise nothing.

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
from estab.track.records import CROSSING_FINS, FIN_SENT

RULE = Rule(
    code="close.last_ack_pile",
    title=msg("The last FIN is not answered: sockets stay in LAST-ACK"),
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
        yield from piles(facts, RULE, _closed_last(facts, side), side, _words)


def _closed_last(facts: Facts, side: int) -> Mask:
    """The other side had closed before, and the FIN of this one, with its last data perhaps, is repeated without an answer."""
    return np.asarray(unanswered(facts, side) & facts.side_marked(1 - side, FIN_SENT) & ~facts.marked(CROSSING_FINS))


def _words(values: dict[str, object]) -> Words:
    return Words(
        title=msg("The last FINs of {name} are not answered", name=values["name"]),
        summary=msg(
            "{count} sockets of {name} are in LAST-ACK: the FIN was not answered for {longest} at the longest.",
            "{count} socket of {name} is in LAST-ACK: the FIN was not answered for {longest}.",
            **values,
        ),
        cause=msg("After its FIN the other side disappeared, or a firewall forgot the connection and drops what follows the first FIN."),
        advice=close.LAST_ACK_PILE,
    )
