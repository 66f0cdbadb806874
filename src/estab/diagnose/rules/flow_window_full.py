"""A sender fills the receiver's window to the last byte.

What it sees
    Segments that end exactly at the right edge of the offered window: the sender has more to say and must wait.

Why it matters
    It says who holds the transfer at that moment: the receiver's window, not congestion control and not the sender's application.  A few
    are ordinary; when they fill much of the time, `flow.receiver_limited` or `flow.bdp_limited` says so.

Evidence required
    Window sizes that are known (both SYNs seen, or no window scaling), and segments that end at the edge.

What else looks like this
    A closed window (`flow.zero_window`); a sender that pauses by itself shows no segment at the edge.

What to do
    Nothing by itself.

References
    RFC 9293 §3.8.6; RFC 7323 §2
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import losses
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group
from estab.diagnose.finding import CounterEvidence, Finding, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import format_duration
from estab.text import format_count, msg

RULE = Rule(
    code="flow.window_full",
    title=msg("A sender fills the receiver's window"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.HANDSHAKES}),
    references=("RFC 9293 §3.8.6", "RFC 7323 §2"),
)

WORTH_A_WORD = 3


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener and direction in which the window was filled repeatedly."""
    for side in (SERVER, CLIENT):
        fulls = facts.connections.side(side).window_fulls
        places = losses.groups(facts, np.asarray((fulls >= WORTH_A_WORD) & ~facts.one_way), fulls)
        yield from tell(places, functools.partial(_describe, facts, side=side), counts=places.total(fulls))


def _describe(facts: Facts, group: Group, side: int) -> Finding:
    rows, row, me, peer = group.rows, int(group.rows[0]), facts.connections.side(side), facts.connections.side(1 - side)
    fulls, waited_ns = int(me.window_fulls[rows].sum()), int(me.window_full_ns[rows].sum())
    values = {
        "count": format_count(fulls),
        "waited": format_duration(waited_ns),
        "window": format_count(int(peer.window_max_bytes[row])),
        **losses.ends(facts, group, side),
    }
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        count=fulls,
        confidence=0.9,
        summary=msg("{sender} filled the window of {receiver} {count} times and stood at its edge for {waited}.", **values),
        hit=hit_of(facts, rows, losses.kin(facts, row)),
        cause=msg("The sender had more to send than the receiver allowed."),
        evidence=[
            CounterEvidence(
                msg("{count} segments end at the window's edge; the largest window was {window} bytes", **values), "window_fulls", 0, fulls
            )
        ],
        ruled_out=[RuledOut("loss.retransmission", msg("the receiver's window held the sender, not a loss"))],
    )
