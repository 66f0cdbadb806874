"""SYNs hit open connections of this host.

What it sees
    TCPSYNChallenge moves several times, and the connections live on.

Why it matters
    Before RFC 5961 each of them would have ended a connection.

Evidence required
    Several within the interval, without a connection on the same four-tuple that replaced another one.

What else looks like this
    A peer that restarted reuses its port (`timewait.stale_tuple`).  A server whose accept queue is full repeats its SYN-ACK, which
    counts here, too, on connections that were opened from here.

What to do
    TCP-AO or IPsec for long-lived sessions; drop forged sources at the border.

References
    RFC 5961 §4; RFC 9293 §3.10.7.4
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import attack
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.text import format_count, msg

RULE = Rule(
    code="attack.blind_syn",
    title=msg("Forged SYNs hit an open connection"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS, Need.SOCKETS}),
    references=("RFC 5961 §4", "RFC 9293 §3.10.7.4"),
    yields_to=("timewait.stale_tuple",),
)

SEVERAL = 5


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    challenged = facts.left("TcpExt.TCPSYNChallenge")
    if challenged < SEVERAL or facts.found(*RULE.yields_to):
        return
    t = facts.t
    waiting = t.whole & t.outbound & t.state(State.ESTABLISHED) & (t["bytes_received"] == 0)
    if 2 * int(np.count_nonzero(waiting)) >= challenged:
        return  # repeated SYN-ACKs of servers that have no room
    yield finding(
        facts,
        RULE,
        confidence=0.6,
        summary=msg(
            "{count} SYNs hit connections that are open here; each drew a challenge ACK, and none ended one.",
            "{count} SYN hit a connection that is open here; it drew a challenge ACK and did not end it.",
            count=format_count(challenged),
        ),
        cause=msg("Somebody sends SYNs with the addresses and ports of open connections."),
        count=challenged,
        evidence=counters(facts, "TcpExt.TCPSYNChallenge", "TcpExt.TCPChallengeACK", "Tcp.InErrs"),
        ruled_out=[RuledOut("timewait.stale_tuple", msg("no connection was replaced by another on the same four-tuple"))],
        advice=attack.BLIND_SYN,
    )
