"""Both ends closed at once, and the FIN of one is not acknowledged: sockets stay in CLOSING.

What it sees
    Two FINs that crossed, and one of them repeated without an answer.

Why it matters
    Rare, and no data is lost; several of them say that packets are lost one way.

Evidence required
    Both FINs, neither of which acknowledges the other, and at least four repetitions of one without a word in more than a second (or
    three in more than three seconds).  One or two such connections are a note.

What else looks like this
    A simultaneous close that ends in order is `close.simultaneous`.  Where one FIN acknowledges the other it is `close.last_ack_pile`.

What to do
    Look for loss in one direction, and for a firewall that forgets connections after the first FIN.

References
    RFC 9293 §3.6, figure 13, §3.8.3; Documentation/networking/ip-sysctl.rst tcp_orphan_retries
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
from estab.track.records import CROSSING_FINS

RULE = Rule(
    code="close.closing_pile",
    title=msg("Sockets stay in CLOSING"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.TIMES}),
    knobs=("tcp_orphan_retries",),
    references=("RFC 9293 §3.6", "RFC 9293 §3.8.3"),
    yields_to=("half_open.peer_vanished", "middlebox.idle_timeout"),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener whose FINs go unanswered, and one for the clients of each."""
    for side in (SERVER, CLIENT):
        yield from piles(facts, RULE, _crossed(facts, side), side, _words)


def _crossed(facts: Facts, side: int) -> Mask:
    """The FINs crossed, and that of this side is repeated without an answer."""
    return np.asarray(unanswered(facts, side) & facts.marked(CROSSING_FINS))


def _words(values: dict[str, object]) -> Words:
    return Words(
        title=msg("FINs of {name} that crossed the other side's are not answered", name=values["name"]),
        summary=msg("{count} sockets of {name} are in CLOSING: the FIN was not answered for {longest} at the longest.", **values),
        cause=msg("Both ends closed at the same moment, and the FIN of {name}, or every ACK of it, was lost.", name=values["name"]),
        advice=close.CLOSING_PILE,
    )
