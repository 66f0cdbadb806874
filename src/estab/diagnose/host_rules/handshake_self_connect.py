"""A socket of this host is connected to itself.

What it sees
    A connection whose two ends are the same address and port.

Why it matters
    The program believes that its service is there and reads back its own bytes; the service cannot bind its port any more.

Evidence required
    The socket in the table.

What else looks like this
    A loopback connection between two programs has two ports.

What to do
    Compare getsockname() with getpeername(); take the service's port out of the ephemeral range.

References
    RFC 9293 §3.5, figure 8 (simultaneous open)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import handshake
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import finding, knob, listener, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_table import end_keys
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.text import msg

RULE = Rule(
    code="handshake.self_connect",
    title=msg("A socket is connected to itself"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("ip_local_reserved_ports", "ip_local_port_range"),
    references=("RFC 9293 §3.5",),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each such socket."""
    t = facts.t
    same = (end_keys(t.table, "local") == end_keys(t.table, "remote")) & t.state(State.ESTABLISHED, State.CLOSE_WAIT)
    for row in np.flatnonzero(same).tolist():
        yield finding(
            facts,
            RULE,
            subject=listener(t.local(row)),
            rows=np.array([row]),
            confidence=0.99,
            summary=msg("Both ends of this connection are {end}: the program reads back what it writes.", end=str(t.local(row))),
            cause=msg(
                "It tried again and again to reach a local service that is down, until the kernel chose the service's port as its own."
            ),
            evidence=[reading(facts, row, "inode"), *knob(facts, "ip_local_port_range")],
            ruled_out=[RuledOut("handshake.refused", msg("the connection is established"))],
            advice=handshake.SELF_CONNECT_LIVE,
        )
