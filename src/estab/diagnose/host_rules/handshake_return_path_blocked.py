"""SYN-ACKs of this host are sent again and again: they do not reach the client, or its ACK does not come back.

What it sees
    Half-open entries (SYN-RECEIVED) whose SYN-ACK was repeated, at a listener with room in both its queues, from few clients.

Why it matters
    The clients see a connection attempt that hangs; the server looks healthy.

Evidence required
    Several entries of few addresses, or an entry that was repeated at least twice.  On the open Internet single ones are the traces of
    scanners and forged sources: a note.

What else looks like this
    A full accept queue repeats SYN-ACKs, too (`handshake.accept_queue_overflow`).  Many different sources are a flood
    (`attack.syn_flood`).  TCP_DEFER_ACCEPT waits for data (`handshake.defer_accept_stall`).

What to do
    Look at the way back: asymmetric routes through a stateful firewall, a filter, a wrong source address.

References
    RFC 9293 §3.5, §3.8.1; Documentation/networking/ip-sysctl.rst tcp_synack_retries
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import handshake
from estab.diagnose.evidence.host_opening import accept_queue_is_full, half_open, sources
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, hit, listener, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="handshake.return_path_blocked",
    title=msg("SYN-ACKs do not reach the client"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("tcp_synack_retries",),
    references=("RFC 9293 §3.8.1", "ip-sysctl: tcp_synack_retries"),
    yields_to=(
        "handshake.accept_queue_overflow",
        "handshake.abort_on_overflow",
        "handshake.defer_accept_stall",
        "attack.syn_flood",
        "handshake.syn_queue_full",
    ),
)

SEVERAL, FEW_SOURCES = 3, 3


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each listener."""
    free = facts.unclaimed(RULE.yields_to)
    for group in half_open(facts):
        rows = group.rows[(facts.t["timer_retries"][group.rows] >= 1) & free[group.rows]]
        if len(rows) and not accept_queue_is_full(facts, group.endpoint.port):
            yield _describe(facts, HostGroup(group.endpoint, rows, inbound=True))


def _describe(facts: HostFacts, group: HostGroup) -> Finding:
    rows = group.rows
    severe = len(rows) >= SEVERAL and sources(facts, group) <= FEW_SOURCES
    row = facts.listener_of(group.endpoint.port)
    values = {
        "listener": str(group.endpoint),
        "count": format_count(len(rows)),
        "repeats": format_count(int(facts.t["timer_retries"][rows].max())),
    }
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        severity=Severity.WARNING if severe else Severity.INFO,
        confidence=0.8 if severe else 0.5,
        title=msg("Clients do not answer the SYN-ACKs of {listener}", **values),
        summary=msg(
            "{count} connections at {listener} stay in SYN-RECEIVED; their SYN-ACKs were sent up to {repeats} times more.",
            "{count} connection at {listener} stays in SYN-RECEIVED; its SYN-ACK was sent {repeats} times more.",
            **values,
        ),
        hit=hit(facts, rows),
        owners=facts.owners([row]) if row is not None else (),
        cause=msg("The SYNs arrive here, and the SYN-ACKs or the clients' ACKs get lost: a filter or another route on the way back."),
        evidence=[
            reading(facts, int(rows[0]), "timer_retries", "timer_expires_ms"),
            *counters(facts, "TcpExt.TCPSynRetrans", "TcpExt.TCPTimeouts"),
        ],
        ruled_out=[
            RuledOut("handshake.accept_queue_overflow", msg("the accept queue has room")),
            RuledOut("attack.syn_flood", msg("few sources: {count}", count=format_count(sources(facts, group)))),
        ],
        advice=handshake.RETURN_PATH_BLOCKED,
    )
