"""A port that a service listens on lies in the range from which outgoing connections take theirs.

What it sees
    Outgoing connections that hold the port of a listener that is gone; and listeners inside ip_local_port_range that are not reserved.

Why it matters
    While an outgoing connection holds the port, the service cannot start: EADDRINUSE, with or without SO_REUSEADDR.

Evidence required
    For a clash the listener of the first snapshot and the connection of the second.  A listener inside the range is only a risk: a note.

What else looks like this
    Connections that the service accepted before (`listen.address_in_use`).

What to do
    A port outside the range, or net.ipv4.ip_local_reserved_ports.

References
    Documentation/networking/ip-sysctl.rst ip_local_port_range, ip_local_reserved_ports
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import ports as advice
from estab.diagnose.evidence.host_ports import is_reserved, port_range
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import finding, knob, listener, name_of, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.host_rules.listen_address_in_use import left_behind
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="ports.clash_with_listener",
    title=msg("A service's port lies in the range of outgoing connections"),
    severity=Severity.WARNING,
    seen_from=Source.LIVE,
    needs=frozenset({Need.SOCKETS, Need.KNOBS}),
    knobs=("ip_local_port_range", "ip_local_reserved_ports"),
    references=("ip-sysctl: ip_local_reserved_ports",),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each clash, one for all listeners that may meet one."""
    t, span = facts.t, port_range(facts)
    inside = (t["local_port"] >= span.low) & (t["local_port"] <= span.high)
    risky = np.flatnonzero(t.listening & inside)
    risky = risky[[not is_reserved(facts, int(port)) for port in t["local_port"][risky]]] if len(risky) else risky
    if len(risky):
        yield _risk(facts, risky)
    outgoing = inside & left_behind(facts) & ~np.isin(t["local_port"], _accepted(facts))
    for row in np.flatnonzero(outgoing).tolist():
        yield _clash(facts, row)


def _accepted(facts: HostFacts) -> np.ndarray[tuple[int, ...], np.dtype[np.uint16]]:
    """Ports on which connections of several peers stand: they were accepted."""
    t = facts.t
    ports, counts = np.unique(t.table["local_port"][left_behind(facts)], return_counts=True)
    return ports[counts > 1]


def _clash(facts: HostFacts, row: int) -> Finding:
    end = facts.t.local(row)
    return finding(
        facts,
        RULE,
        subject=listener(end),
        rows=np.array([row]),
        confidence=0.7,
        title=msg("An outgoing connection holds {port}, on which a service listened", port=str(end)),
        summary=msg("The service cannot bind port {port} while this connection lives, with or without SO_REUSEADDR.", port=end.port),
        cause=msg("The port lies in ip_local_port_range and is not reserved, so the kernel gave it to an outgoing connection."),
        evidence=[reading(facts, row, "inode"), *knob(facts, "ip_local_port_range"), *knob(facts, "ip_local_reserved_ports")],
        ruled_out=[RuledOut("listen.address_in_use", msg("the connection was opened here"))],
        advice=advice.CLASH_WITH_LISTENER,
    )


def _risk(facts: HostFacts, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Finding:
    group = HostGroup(facts.t.local(int(rows[0])), rows, inbound=True)
    values = {"count": format_count(len(rows)), "first": name_of(group, facts.owners(rows[:1]))}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        severity=Severity.INFO,
        confidence=0.6,
        title=msg(
            "{count} listeners have ports that outgoing connections may take",
            "{count} listener has a port that outgoing connections may take",
            **values,
        ),
        summary=msg(
            "{count} listeners lie in ip_local_port_range, the first of them {first}: after a stop the port may be taken.",
            "{count} listener lies in ip_local_port_range, {first}: after a stop the port may be taken.",
            **values,
        ),
        cause=msg("Ports that a program chose by itself (bind to port 0) belong there; fixed ports of services do not."),
        evidence=[*knob(facts, "ip_local_port_range"), *knob(facts, "ip_local_reserved_ports"), reading(facts, int(rows[0]), "inode")],
        advice=advice.CLASH_WITH_LISTENER,
    )
