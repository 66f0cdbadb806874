"""Idle connections of this host were reset: their peer no longer knew them.

What it sees
    RSTs that came (EstabResets without an abort of ours), and connections that had been idle in the first snapshot and are gone.

Why it matters
    The first request after a pause fails with ECONNRESET.

Evidence required
    Both.  The counters do not tell who sent the RST, so this is a suspicion with its reasons; a warning only where the peers had sent data
    before, as a listener that is closed also resets what waits in its queue.

What else looks like this
    A device on the path that resets idle connections looks the same here (`rst.from_middlebox`); packets tell, by TTL.  Connections in
    use that are reset were aborted (`rst.abort`).

What to do
    Reconnect with a random pause; check pooled connections before use; keepalive.

References
    RFC 9293 §3.5.1, §3.5.2
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import half_open
from estab.diagnose.evidence.host_endings import endings, idle_before, vanished
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, gone_reading, place
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.rule import Need, Rule, Source
from estab.flow import Endpoint
from estab.machine.states import State
from estab.snapshot_table import endpoint_of
from estab.text import format_count, msg

RULE = Rule(
    code="half_open.peer_restarted",
    title=msg("The peer no longer knows the connection"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS, Need.SOCKETS}),
    references=("RFC 9293 §3.5.1",),
    yields_to=("timewait.stale_tuple",),
)

IDLE_MS, SEVERAL = 1_000, 3


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the peer with the most of them."""
    received = endings(facts).received
    if not received or facts.found(*RULE.yields_to):
        return
    idle = idle_before(facts, vanished(facts, State.ESTABLISHED), IDLE_MS)
    if not len(idle):
        return
    count = min(received, len(idle))
    # Who never said a word may have been a listener that was closed before it took the connection out of its queue.
    known = min(received, int(np.count_nonzero(facts.t.earlier["bytes_received"][idle])))
    peer = endpoint_of(facts.t.earlier, int(idle[0]), "remote").address
    values = {"count": format_count(count), "peer": peer}
    yield finding(
        facts,
        RULE,
        subject=place(HostGroup(Endpoint(peer, 0), idle, inbound=False)),
        gone=idle,
        severity=Severity.WARNING if known >= SEVERAL else Severity.INFO,
        confidence=0.55,
        summary=msg(
            "{count} connections that had been idle were reset by a RST that came; the first of them led to {peer}.",
            "{count} connection that had been idle was reset by a RST that came; it led to {peer}.",
            **values,
        ),
        cause=msg(
            "The peer was restarted and answers data for connections that it has forgotten, or a device on the path resets idle ones."
        ),
        count=count,
        evidence=[
            *counters(facts, "Tcp.EstabResets"),
            gone_reading(facts, int(idle[0]), "last_data_recv_ms", "last_data_sent_ms", "last_ack_recv_ms"),
        ],
        ruled_out=[
            RuledOut("rst.unread_data", msg("no RST left this host for them")),
            RuledOut("keepalive.unanswered", msg("TCPAbortOnTimeout has not moved as much")),
        ],
        advice=half_open.PEER_RESTARTED,
    )
