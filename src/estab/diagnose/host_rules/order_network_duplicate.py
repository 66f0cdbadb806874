"""The network delivers segments of this host twice.

What it sees
    Peers report segments twice (dsack_dups) of connections on which hardly anything was sent again.

Why it matters
    Bandwidth and CPU are spent for nothing; something is wrong in layer 2.

Evidence required
    At least ten reports on a socket without as many repetitions.

What else looks like this
    Needless repetitions of this host (`loss.spurious_retransmission`).

What to do
    Look for two paths in layer 2.

References
    RFC 2883
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import order
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, hit, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="order.network_duplicate",
    title=msg("Packets are there more than once"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    references=("RFC 2883",),
)

MANY = 10


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each peer."""
    t = facts.t
    copies = np.maximum(t.grew("dsack_dups") - t.grew("total_retrans"), 0)
    for group in facts.by_peer(copies >= MANY, copies):
        count = int(copies[group.rows].sum())
        values = {"peer": group.endpoint.address, "count": format_count(count)}
        yield finding(
            facts,
            RULE,
            subject=place(group),
            rows=group.rows,
            confidence=0.85,
            summary=msg("{peer} got {count} segments twice that this host sent once.", **values),
            hit=hit(facts, group.rows),
            count=count,
            cause=msg("Something on the way copies packets: a loop in layer 2, a bond, a mirror port that leads back."),
            evidence=[
                reading(facts, int(group.rows[0]), "dsack_dups", "total_retrans", "data_segs_out"),
                *counters(facts, "TcpExt.TCPDSACKRecv", "TcpExt.TCPDSACKIgnoredDubious"),
            ],
            ruled_out=[RuledOut("loss.spurious_retransmission", msg("this host sent hardly anything again"))],
            advice=order.NETWORK_DUPLICATE,
        )
