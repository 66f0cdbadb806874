"""Idle connections are closed here at the moment when the client uses them again.

What it sees
    Data comes behind our FIN (TCPAbortOnData without EstabResets) on connections that had been idle in the first snapshot.

Why it matters
    The client gets a sporadic ECONNRESET or EOF on the first request of a reused connection.

Evidence required
    The counter, and idle accepted connections that are gone.

What else looks like this
    A peer that goes on sending after the close (`rst.data_after_close`) was not idle.

What to do
    Order the idle timeouts: client, load balancer, server.

References
    RFC 9112 §9.5; RFC 9293 §3.6
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import app
from estab.diagnose.evidence.host_endings import endings, idle_before, vanished
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, gone_reading, listener
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.snapshot_table import endpoint_of
from estab.text import format_count, msg

RULE = Rule(
    code="app.pool_keepalive_race",
    title=msg("Idle connections are closed at the moment of their next use"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS, Need.SOCKETS}),
    references=("RFC 9112 §9.5",),
)

IDLE_MS, SEVERAL = 1_000, 3


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the listener."""
    late = endings(facts).late_data
    if not late:
        return
    t = facts.t
    idle = idle_before(facts, vanished(facts, State.ESTABLISHED), IDLE_MS)
    idle = idle[[int(port) in t.listened_ports for port in t.earlier["local_port"][idle]]] if len(idle) else idle
    if not len(idle):
        return
    end = endpoint_of(t.earlier, int(idle[0]), "local")
    count = min(late, len(idle))
    values = {"count": format_count(count), "listener": str(end)}
    yield finding(
        facts,
        RULE,
        subject=listener(end),
        gone=idle,
        severity=Severity.WARNING if count >= SEVERAL else Severity.INFO,
        confidence=0.75,
        summary=msg("{count} idle connections of {listener} were closed, and a request of the client met the FIN on its way.", **values),
        cause=msg("The server's idle timeout is not longer than the client's, so both act at the same moment."),
        count=count,
        evidence=[
            *counters(facts, "TcpExt.TCPAbortOnData", "Tcp.OutRsts"),
            gone_reading(facts, int(idle[0]), "last_data_recv_ms", "last_data_sent_ms"),
        ],
        ruled_out=[RuledOut("rst.abort", msg("the connections were closed with FIN"))],
        advice=app.POOL_KEEPALIVE_RACE,
    )
