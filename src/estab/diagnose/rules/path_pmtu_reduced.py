"""A router asked for shorter packets: path MTU discovery at work.

What it sees
    An ICMP "fragmentation needed" or ICMPv6 "packet too big" about a segment of a connection.

Why it matters
    It costs a round trip and some repetitions, and tells that the path is narrower than the host's own link: a tunnel, PPPoE, a VPN.

Evidence required
    The ICMP message with the MTU that it names.

What else looks like this
    Without the message the long packets vanish (`path.pmtu_black_hole`).

What to do
    Nothing, where it works.  Where it happens on each connection, clamp the MSS at the narrow link, which saves the round trip.

References
    RFC 1191; RFC 8201
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import path
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import losses
from estab.diagnose.facts import Facts, Group
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="path.pmtu_reduced",
    title=msg("A router asked for shorter packets"),
    severity=Severity.INFO,
    seen_from=Source.CAPTURE,
    references=("RFC 1191", "RFC 8201"),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener to or from which packets had to become shorter."""
    yield from tell(facts.group_by_server(np.asarray(facts.connections.icmp_mtu > 0)), functools.partial(_describe, facts))


def _describe(facts: Facts, group: Group) -> Finding:
    rows, row, connections = group.rows, int(group.rows[0]), facts.connections
    mtu = int(connections.icmp_mtu[rows].min())
    side = connections.side(int(max(connections.icmp_side[row], 0)))
    again = int(side.retransmit_data[row])
    evidence: list[Evidence] = [
        PacketsEvidence(
            msg("ICMP: this packet is too big, the next link takes {mtu} bytes", mtu=format_count(mtu)),
            row,
            (int(connections.icmp_frame[row]),),
        )
    ]
    if again:
        evidence.append(
            CounterEvidence(msg("{count} segments sent again in shorter pieces", count=format_count(again)), "retransmit_data", 0, again)
        )
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        confidence=0.97,
        summary=msg(
            "Packets on connections to {server} had to become shorter: a router named an MTU of {mtu} bytes.",
            server=str(group.endpoint),
            mtu=format_count(mtu),
        ),
        hit=hit_of(facts, rows, losses.kin(facts, row)),
        cause=msg("A link on the way has a smaller MTU than the host's own: a tunnel, a VPN, PPPoE."),
        evidence=evidence,
        ruled_out=[
            RuledOut("path.pmtu_black_hole", msg("the router's message arrived")),
            RuledOut("loss.retransmission", msg("the segments were refused for their length, not lost")),
        ],
        remedy=path.PMTU_REDUCED.remedy,
        do_not=path.PMTU_REDUCED.do_not,
    )
