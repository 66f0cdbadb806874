"""Somebody else tries to reset a connection and misses its sequence number.

What it sees
    A RST in the name of one end that the other end must not obey, because its number is not the next one expected, while the real
    sender goes on as if nothing had happened (RFC 5961 §3).

Why it matters
    An attacker that cannot read the connection guesses.  Each guess inside the window draws a challenge ACK; one exact hit ends the
    connection.  Long-lived sessions with known ports (BGP, tunnels) are the usual target.

Evidence required
    The RST, and later packets of the end in whose name it was sent.  Another time to live than that end's own packets confirms it.

What else looks like this
    An injected RST with the right number ends the connection (`rst.injected`).  RSTs behind a close answer late data and hurt nobody.

What to do
    The connection has survived.  Protect long-lived sessions: TCP-AO or TLS does not stop a RST, but TCP-AO and IPsec do; filter forged
    sources at the border.

References
    RFC 5961 §3.2; RFC 9293 §3.10.7.4, SHLD-10; RFC 4953; RFC 5925
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import attack
from estab.diagnose.compose import finding
from estab.diagnose.facts import CLIENT, SERVER, Facts, Mask, Rows
from estab.diagnose.finding import (
    CounterEvidence,
    Evidence,
    Finding,
    PacketsEvidence,
    RuledOut,
    Severity,
    Subject,
    SubjectKind,
)
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg
from estab.track import records

RULE = Rule(
    code="attack.blind_rst",
    title=msg("Forged RSTs miss a connection"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    references=("RFC 5961 §3.2", "RFC 9293 §3.10.7.4"),
    needs=frozenset({Need.BOTH_DIRECTIONS}),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each endpoint in whose name RSTs were forged."""
    for side in (CLIENT, SERVER):
        for group in facts.group_by_side(_missed(facts, side), side):
            yield _describe(facts, int(group.rows[0]), group.rows, side)


def _missed(facts: Facts, side: int) -> Mask:
    """Only RSTs that are not to be obeyed, from a side that went on sending and being heard, with another time to live."""
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    missed = (me.rsts > 0) & (me.resets_challenged + me.resets_ignored == me.rsts)
    alive = (me.after_rst > 0) & (peer.after_peer_rst > 0) & ~facts.side_marked(side, records.RESET_AFTER_FIN)
    return np.asarray(missed & alive & facts.side_marked(side, records.RESET_TTL_ODD))


def _describe(facts: Facts, row: int, rows: Rows, side: int) -> Finding:
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    sender, target = facts.connections.endpoint(row, side), facts.connections.endpoint(row, 1 - side)
    count = int(me.rsts[rows].sum())
    values = {"count": format_count(count), "sender": str(sender), "target": str(target)}
    ttl = {"odd": int(me.rst_ttl[row]), "low": int(me.ttl_min[row]), "high": int(me.ttl_max[row])}
    evidence: list[Evidence] = [
        PacketsEvidence(
            msg("the RST has time to live {odd}, the packets of that end itself have {low} to {high}", **ttl),
            row,
            facts.frames(row, (side, "rst_frame")),
        ),
        CounterEvidence(
            msg("{count} packets of that end followed the RST", count=format_count(int(me.after_rst[row]))),
            "after_rst",
            0,
            int(me.after_rst[row]),
        ),
    ]
    challenges = int(peer.challenge_acks[rows].sum())
    if challenges:
        evidence.append(
            CounterEvidence(msg("{count} challenge ACKs answered", count=format_count(challenges)), "challenge_acks", 0, challenges)
        )
    return finding(
        facts,
        RULE,
        subject=Subject(SubjectKind.CONNECTION, target.address, target.port),
        rows=rows,
        count=count,
        confidence=0.95,
        title=msg("Forged RSTs in the name of {sender} missed", sender=str(sender)),
        summary=msg(
            "{count} RSTs in the name of {sender} tried to end its connection with {target}; their sequence numbers were wrong.",
            "{count} RST in the name of {sender} tried to end its connection with {target}; its sequence number was wrong.",
            **values,
        ),
        cause=msg(
            "Somebody who cannot see the connection guesses its sequence numbers; the receiver did not obey, and the connection lives on."
        ),
        evidence=evidence,
        ruled_out=[
            RuledOut("rst.abort", msg("the end in whose name the RST came went on sending")),
            RuledOut("rst.injected", msg("the sequence number was not the next one expected, so the RST had no effect")),
        ],
        remedy=attack.BLIND_RST.remedy,
        do_not=attack.BLIND_RST.do_not,
    )
