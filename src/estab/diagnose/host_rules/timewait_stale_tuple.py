"""A peer came back on the four-tuple of a connection that this host still held.

What it sees
    TCPSYNChallenge moves, and a connection of the first snapshot is replaced by another one with both ends the same.

Why it matters
    The old connection's program gets ECONNRESET; the peer's attempt takes longer, or minutes where a firewall drops the odd ACK.

Evidence required
    Two sockets (two cookies) on one four-tuple, and the counter.

What else looks like this
    Guessed SYNs do not replace anything (`attack.blind_syn`).  TIME-WAIT is reused at once (`timewait.tuple_reused`).

What to do
    Let the system choose the source port; keepalive at the server.

References
    RFC 5961 §4; RFC 9293 §3.10.7.4
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import timewait
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, gone_reading, hit, place
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_table import Mask, pair_keys
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.text import format_count, msg

RULE = Rule(
    code="timewait.stale_tuple",
    title=msg("A server still holds an old connection on the four-tuple"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS, Need.COUNTERS}),
    references=("RFC 5961 §4", "RFC 9293 §3.10.7.4"),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each listener."""
    if not facts.moved("TcpExt.TCPSYNChallenge"):
        return
    t = facts.t
    for group in facts.by_place(_replaced(facts)):
        old = np.flatnonzero(np.isin(pair_keys(t.earlier), pair_keys(t.table[group.rows])))
        values = {"place": str(group.endpoint), "count": format_count(len(group.rows))}
        yield finding(
            facts,
            RULE,
            subject=place(group),
            rows=group.rows,
            confidence=0.85,
            summary=msg(
                "{count} connections of {place} were replaced by new ones from the same address and port.",
                "{count} connection of {place} was replaced by a new one from the same address and port.",
                **values,
            ),
            hit=hit(facts, group.rows),
            cause=msg("The peer restarted, or a NAT gave its port to somebody else, while this host still held the old connection."),
            evidence=[
                gone_reading(facts, int(old[0]), "cookie", "last_ack_recv_ms"),
                *counters(facts, "TcpExt.TCPSYNChallenge", "TcpExt.TCPChallengeACK", "Tcp.EstabResets"),
            ],
            ruled_out=[RuledOut("attack.blind_syn", msg("the SYN's sender completed a new connection"))],
            advice=timewait.STALE_TUPLE,
        )


def _replaced(facts: HostFacts) -> Mask:
    """New open connections on the four-tuple of an open one that has gone."""
    t = facts.t
    gone = t.gone[np.isin(t.earlier["state"][t.gone], (int(State.ESTABLISHED), int(State.CLOSE_WAIT)))]
    again = np.isin(pair_keys(t.table), pair_keys(t.earlier[gone])) if len(gone) else np.zeros(t.count, bool)
    return np.asarray(again & t.is_new & t.state(State.ESTABLISHED, State.SYN_RECEIVED))
