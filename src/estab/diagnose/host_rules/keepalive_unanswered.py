"""Keepalive probes of this host are not answered.

What it sees
    Sockets whose keepalive timer has sent probes without an answer, and connections that ended that way between the snapshots.

Why it matters
    The peer or the path is gone; the program gets ETIMEDOUT at the end.

Evidence required
    The count of unanswered probes (it goes back to 0 with each answer), or TCPAbortOnTimeout with sockets that were being probed.

What else looks like this
    Answered probes are healthy: TCPKeepAlive moves, and the count stays 0.  With data in flight keepalive rests
    (`half_open.peer_vanished`).

What to do
    Reconnect; look for what happened to the peer.

References
    RFC 9293 §3.8.4; Documentation/networking/ip-sysctl.rst tcp_keepalive_time, tcp_keepalive_intvl, tcp_keepalive_probes
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import keepalive
from estab.diagnose.evidence.host_endings import vanished
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, gone_reading, hit, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.rule import Need, Rule, Source
from estab.flow import Endpoint
from estab.machine.states import State
from estab.snapshot import TimerKind
from estab.snapshot_table import endpoint_of
from estab.text import format_count, msg

RULE = Rule(
    code="keepalive.unanswered",
    title=msg("Keepalive probes are not answered"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("tcp_keepalive_time", "tcp_keepalive_intvl", "tcp_keepalive_probes"),
    references=("RFC 9293 §3.8.4",),
)

CERTAIN = 2


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each host that does not answer, one for connections that have ended so."""
    t = facts.t
    probing = t.timer(TimerKind.KEEPALIVE) & t.state(State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT_2) & (t["probes"] >= 1)
    for group in facts.by_peer(probing, t["probes"]):
        yield _describe(facts, group)
    gone = vanished(facts, State.ESTABLISHED, State.CLOSE_WAIT)
    died = gone[t.earlier["timer"][gone] == TimerKind.KEEPALIVE]
    ended = min(facts.moved("TcpExt.TCPAbortOnTimeout"), len(died), facts.moved("TcpExt.TCPKeepAlive"))
    if ended:
        yield _ended(facts, died, ended)


def _describe(facts: HostFacts, group: HostGroup) -> Finding:
    rows, row = group.rows, int(group.rows[0])
    probes = int(facts.t["probes"][row])
    values = {"peer": group.endpoint.address, "count": format_count(len(rows)), "probes": format_count(probes)}
    return finding(
        facts,
        RULE,
        subject=place(group),
        rows=rows,
        severity=Severity.WARNING if probes >= CERTAIN else Severity.INFO,
        confidence=min(0.5 + 0.15 * probes, 0.95),
        title=msg("{peer} does not answer keepalive probes", **values),
        summary=msg(
            "{count} idle connections to {peer} are probed; up to {probes} probes in a row have had no answer.",
            "{count} idle connection to {peer} is probed; {probes} probes in a row have had no answer.",
            **values,
        ),
        hit=hit(facts, rows),
        cause=msg("The peer's host is down or was restarted behind a filter, or the path to it is gone."),
        evidence=[reading(facts, row, "probes", "timer_expires_ms", "last_ack_recv_ms"), *counters(facts, "TcpExt.TCPKeepAlive")],
        ruled_out=[RuledOut("half_open.peer_vanished", msg("no data is in flight"))],
        advice=keepalive.UNANSWERED,
    )


def _ended(facts: HostFacts, died: np.ndarray[tuple[int], np.dtype[np.int64]], ended: int) -> Finding:
    first = int(died[0])
    peer = endpoint_of(facts.t.earlier, first, "remote").address
    values = {"peer": peer, "count": format_count(ended)}
    return finding(
        facts,
        RULE,
        subject=place(HostGroup(Endpoint(peer, 0), died, inbound=False)),
        gone=died,
        confidence=0.85,
        title=msg("{count} connections ended because nobody answered keepalive probes", **values),
        summary=msg(
            "{count} idle connections, among them one to {peer}, ended with ETIMEDOUT after their probes.",
            "{count} idle connection, to {peer}, ended with ETIMEDOUT after its probes.",
            **values,
        ),
        cause=msg("The peer's host is down or was restarted behind a filter, or the path to it is gone."),
        count=ended,
        evidence=[gone_reading(facts, first, "probes", "timer"), *counters(facts, "TcpExt.TCPKeepAlive", "TcpExt.TCPAbortOnTimeout")],
        ruled_out=[RuledOut("half_open.peer_restarted", msg("no RST came: the time ran out"))],
        advice=keepalive.UNANSWERED,
    )
