"""Connections of a listener that is gone still hold its port.

What it sees
    Sockets in TIME-WAIT, FIN-WAIT, CLOSE-WAIT or ESTABLISHED on a local port where somebody listened before and nobody listens now.

Why it matters
    A restart fails with EADDRINUSE unless old and new listener both set SO_REUSEADDR.

Evidence required
    The listener in the first snapshot, the sockets in the second.  Whether somebody tries to bind does not show: a note.

What else looks like this
    A connection that was opened from that port (`ports.clash_with_listener`): SO_REUSEADDR does not help there.

What to do
    SO_REUSEADDR before bind() in every server.

References
    socket(7); net/ipv4/inet_connection_sock.c
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import listen
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import finding, hit, listener, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import by_end
from estab.diagnose.host_table import Mask
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.text import format_count, msg

RULE = Rule(
    code="listen.address_in_use",
    title=msg("Old connections hold the port of a listener that is gone"),
    severity=Severity.WARNING,
    seen_from=Source.LIVE,
    needs=frozenset({Need.SOCKETS}),
    knobs=("SO_REUSEADDR", "SO_REUSEPORT"),
    references=("socket(7)",),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each port that lost its listener."""
    for group in by_end(facts.t, left_behind(facts), "local"):
        values = {"listener": str(group.endpoint), "count": format_count(len(group.rows))}
        yield finding(
            facts,
            RULE,
            subject=listener(group.endpoint),
            rows=group.rows,
            severity=Severity.INFO,
            confidence=0.6,
            title=msg("Nobody listens on {listener} any more, and {count} of its connections are left", **values),
            summary=msg("A service that binds {listener} now gets EADDRINUSE unless it and its predecessor set SO_REUSEADDR.", **values),
            hit=hit(facts, group.rows),
            cause=msg("The listener was closed, and connections that it had accepted still hold the port."),
            evidence=[reading(facts, int(group.rows[0]), "timer", "timer_expires_ms", "inode")],
            ruled_out=[RuledOut("ports.clash_with_listener", msg("these connections were accepted, not opened here"))],
            advice=listen.ADDRESS_IN_USE,
        )


def left_behind(facts: HostFacts) -> Mask:
    """Sockets on ports that somebody listened on before and nobody does now."""
    t = facts.t
    now = t["local_port"][t.listening]
    was = t.earlier["local_port"][t.earlier["state"] == State.LISTEN]
    return np.asarray(np.isin(t["local_port"], np.setdiff1d(was, now)) & ~t.listening)
