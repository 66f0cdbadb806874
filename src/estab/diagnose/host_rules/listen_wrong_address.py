"""Local connections are refused, and a service listens on one family of the loopback address only.

What it sees
    Attempts of this host to itself are refused, while a listener is bound to 127.0.0.1 alone, to ::1 alone, or to [::] for IPv6 only.

Why it matters
    `localhost` may mean ::1 to the client and 127.0.0.1 to the server, or the reverse.

Evidence required
    Refusals that this host answered itself, and such listeners.  Which port was asked for is not counted: a note, not a verdict.

What else looks like this
    The service is not there at all (`handshake.refused`).

What to do
    Bind the address that is meant; let clients try both families.

References
    RFC 3493 §5.3; RFC 9293 §3.10.1
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import listen
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, listener, name_of, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.host_table import is_loopback
from estab.diagnose.rule import Need, Rule, Source
from estab.text import msg

RULE = Rule(
    code="listen.wrong_address",
    title=msg("The service listens, but on another address"),
    severity=Severity.WARNING,
    seen_from=Source.LIVE,
    needs=frozenset({Need.SOCKETS, Need.COUNTERS}),
    knobs=("bindv6only",),
    references=("RFC 3493 §5.3",),
)

REFUSALS, FEW = 2, 3


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each listener that is bound to one family only, where there are few."""
    refused = min(facts.moved("Tcp.AttemptFails"), facts.moved("Tcp.ActiveOpens"), facts.moved("Tcp.OutRsts"))
    if refused < REFUSALS or facts.moved("TcpExt.TCPAbortOnTimeout", "Icmp.InDestUnreachs"):
        return
    t = facts.t
    narrow = t.listening & (is_loopback(t.table["local_address"]) | t["v6only"].astype(bool))
    ports, counts = np.unique(t["local_port"][t.listening], return_counts=True)
    single = np.isin(t["local_port"], ports[counts == 1])
    rows = np.flatnonzero(narrow & single)
    if len(rows) > FEW:
        return
    for row in rows.tolist():
        group = HostGroup(t.local(row), np.array([row]), inbound=True)
        owners = facts.owners(group.rows)
        yield finding(
            facts,
            RULE,
            subject=listener(group.endpoint),
            rows=group.rows,
            severity=Severity.INFO,
            confidence=0.4,
            title=msg("{listener} listens on this address only", listener=name_of(group, owners)),
            summary=msg(
                "Connections of this host to itself are refused, and {listener} can be reached by one address family only.",
                listener=str(group.endpoint),
            ),
            owners=owners,
            cause=msg("The client means the other address: localhost is ::1 and 127.0.0.1."),
            evidence=[*counters(facts, "Tcp.AttemptFails", "Tcp.OutRsts"), reading(facts, row, "v6only", "family")],
            ruled_out=[RuledOut("handshake.filtered", msg("the answers came at once"))],
            advice=listen.WRONG_ADDRESS,
        )
