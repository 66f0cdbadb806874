"""Idle connections without keepalive, of which nobody knows whether the peer still exists.

What it sees
    ESTABLISHED sockets with empty queues and no timer, on which nothing has come or gone for long; above all those to a host that does
    not answer on its other connections.

Why it matters
    Nothing will ever detect that the peer is gone: descriptors and workers are held for ever.

Evidence required
    For a warning: `half_open.peer_vanished` of the same host.  Idleness alone is a note.

What else looks like this
    A quiet connection to a living peer.  With keepalive a timer runs, and the kernel finds out (`keepalive.unanswered`).

What to do
    SO_KEEPALIVE with TCP_KEEPIDLE 60, or a heartbeat of the protocol.

References
    RFC 9293 §3.8.4; Documentation/networking/ip-sysctl.rst tcp_keepalive_time
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import half_open
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import finding, hit, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.host_table import Mask, end_keys
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import MILLISECOND_NS, format_duration
from estab.machine.states import State
from estab.snapshot import TimerKind
from estab.text import format_count, msg

RULE = Rule(
    code="half_open.suspected",
    title=msg("Nobody knows whether the peers of idle connections still exist"),
    severity=Severity.WARNING,
    seen_from=Source.LIVE,
    needs=frozenset({Need.SOCKETS}),
    knobs=("SO_KEEPALIVE", "tcp_keepalive_time"),
    references=("RFC 9293 §3.8.4",),
    yields_to=("half_open.peer_vanished",),
)

QUIET_MS, LONG_MS = 1_000, 3_600_000


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each silent host, and one note for each place with connections that have been idle for an hour."""
    t = facts.t
    last_ms = np.minimum(np.minimum(t["last_ack_recv_ms"], t["last_data_recv_ms"]), t["last_data_sent_ms"])
    idle = t.state(State.ESTABLISHED) & t.whole & t.timer(TimerKind.NONE) & (t["recv_queue"] == 0) & (t["send_queue"] == 0) & t.stayed
    doubtful = idle & _peer_is_silent(facts) & (last_ms >= QUIET_MS)
    for group in facts.by_peer(doubtful, last_ms):
        yield _describe(facts, group, int(last_ms[group.rows[0]]), silent=True)
    for group in facts.by_place(idle & ~doubtful & (last_ms >= LONG_MS) & ~t.loopback, last_ms):
        yield _describe(facts, group, int(last_ms[group.rows[0]]), silent=False)


def _peer_is_silent(facts: HostFacts) -> Mask:
    """Sockets to a host of which `half_open.peer_vanished` was found."""
    keys = end_keys(facts.t.table, "remote", port=False)
    return np.isin(keys, np.unique(keys[facts.claimed_by("half_open.peer_vanished")]))


def _describe(facts: HostFacts, group: HostGroup, oldest_ms: int, *, silent: bool) -> Finding:
    rows = group.rows
    values = {"peer": str(group), "count": format_count(len(rows)), "oldest": format_duration(oldest_ms * MILLISECOND_NS)}
    return finding(
        facts,
        RULE,
        subject=place(group),
        rows=rows,
        severity=Severity.WARNING if silent else Severity.INFO,
        confidence=0.75 if silent else 0.5,
        title=msg("{count} idle connections to {peer} may lead to nobody", **values)
        if silent
        else msg("{count} connections of {peer} have been idle for long, without keepalive", **values),
        summary=msg("{peer} does not answer on other connections; these {count} have no timer that would find out.", **values)
        if silent
        else msg(
            "{count} connections have no timer that would find out whether the peer lives; the oldest has been idle for {oldest}.", **values
        ),
        hit=hit(facts, rows),
        cause=msg("SO_KEEPALIVE is off on these sockets: without data nothing tells a living peer from a dead one."),
        evidence=[reading(facts, int(rows[0]), "timer", "last_ack_recv_ms", "last_data_recv_ms", "last_data_sent_ms")],
        ruled_out=[RuledOut("keepalive.unanswered", msg("no keepalive timer runs"))],
        advice=half_open.SUSPECTED,
    )
