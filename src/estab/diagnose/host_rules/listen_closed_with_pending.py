"""A listener was closed while connections waited in its accept queue: they were reset.

What it sees
    A listener of the first snapshot that is gone, with completed connections in its queue that are gone with it, and as many RSTs.

Why it matters
    Clients that were connected get ECONNRESET at each restart of the service.

Evidence required
    The waiting connections (they have no inode), the counters OutRsts and EstabResets.

What else looks like this
    A full queue that resets (`handshake.abort_on_overflow`): there the listener lives.

What to do
    Take the server out of the balancer, drain the queue, then close.

References
    net/ipv4/inet_connection_sock.c inet_csk_listen_stop; Documentation/networking/ip-sysctl.rst tcp_migrate_req
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import listen
from estab.diagnose.evidence.host_endings import pending_of_closed
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, gone_reading, listener
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.snapshot_table import endpoint_of
from estab.text import format_count, msg

RULE = Rule(
    code="listen.closed_with_pending",
    title=msg("A listener closed while connections were waiting"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS, Need.COUNTERS}),
    knobs=("tcp_migrate_req", "SO_REUSEPORT"),
    references=("ip-sysctl: tcp_migrate_req",),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each listener that was closed."""
    pending = pending_of_closed(facts)
    if not len(pending) or not facts.moved("Tcp.OutRsts"):
        return
    earlier, gone = facts.t.earlier, facts.t.gone
    for port in np.unique(earlier["local_port"][pending]).tolist():
        rows = pending[earlier["local_port"][pending] == port]
        closed = gone[(earlier["state"][gone] == State.LISTEN) & (earlier["local_port"][gone] == port)]
        end = endpoint_of(earlier, int(rows[0]), "local")
        values = {"listener": str(end), "count": format_count(len(rows))}
        yield finding(
            facts,
            RULE,
            subject=listener(end),
            gone=rows,
            confidence=0.9,
            title=msg("{listener} was closed with {count} connections waiting", **values),
            summary=msg("{count} clients were connected to {listener} and waited to be accepted; they were reset.", **values),
            owners=facts.owners_of_gone(closed),
            cause=msg("When a listener closes, the kernel resets every connection in its accept queue."),
            evidence=[
                gone_reading(facts, int(closed[0]), "recv_queue", "send_queue"),
                *counters(facts, "Tcp.OutRsts", "Tcp.EstabResets"),
            ],
            ruled_out=[RuledOut("handshake.abort_on_overflow", msg("the listener is gone, and its queue had room"))],
            advice=listen.CLOSED_WITH_PENDING,
        )
