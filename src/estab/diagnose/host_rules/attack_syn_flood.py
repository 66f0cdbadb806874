"""A listener is flooded with SYNs whose handshakes are not completed.

What it sees
    The SYN queue is full (TCPReqQFullDoCookies, TCPReqQFullDrop), hardly any cookie comes back, half-open entries of many sources.

Why it matters
    Without cookies real clients are locked out; with cookies they are served.

Evidence required
    Cookies sent against cookies received; the sources of the half-open entries.

What else looks like this
    A burst of real clients completes its handshakes (`handshake.syn_queue_full`, `app.thundering_reconnect`).  A full accept queue
    (`handshake.accept_queue_overflow`).

What to do
    Keep tcp_syncookies=1, a larger backlog, filter upstream.

References
    RFC 4987; Documentation/networking/ip-sysctl.rst tcp_syncookies
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import attack
from estab.diagnose.evidence.host_opening import dropped_syns, half_open, sources
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import THIS_HOST, counters, finding, hit, knob, listener, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import NO_ROWS
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="attack.syn_flood",
    title=msg("A listener is flooded with SYNs"),
    severity=Severity.CRITICAL,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS, Need.SOCKETS}),
    knobs=("tcp_syncookies", "tcp_max_syn_backlog", "somaxconn"),
    references=("RFC 4987", "ip-sysctl: tcp_syncookies"),
)

LEAST, COME_BACK, SPREAD = 20, 0.3, 0.5
COUNTERS = (
    "TcpExt.TCPReqQFullDoCookies", "TcpExt.TCPReqQFullDrop", "TcpExt.SyncookiesSent", "TcpExt.SyncookiesRecv", "TcpExt.ListenDrops",
    "TcpExt.TCPSynRetrans",
)  # fmt: skip


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the listener with the most half-open connections."""
    dropped, cookies = dropped_syns(facts), facts.moved("TcpExt.TCPReqQFullDoCookies")
    sent, came = facts.moved("TcpExt.SyncookiesSent"), facts.moved("TcpExt.SyncookiesRecv")
    groups = half_open(facts)
    group = groups[0] if groups else None
    spread = group is not None and sources(facts, group) >= SPREAD * len(group.rows)
    completed = came >= COME_BACK * sent if sent else facts.moved("Tcp.PassiveOpens") >= COME_BACK * dropped
    if dropped + cookies < LEAST or completed or not spread or facts.moved("TcpExt.ListenOverflows"):
        return
    row = facts.listener_of(group.endpoint.port) if group else None
    values = {"listener": str(group.endpoint) if group else "-", "syns": format_count(dropped + cookies), "came": format_count(came)}
    yield finding(
        facts,
        RULE,
        subject=listener(group.endpoint) if group else THIS_HOST,
        rows=group.rows if group else NO_ROWS,
        confidence=0.85,
        title=msg("{listener} is flooded with SYNs", **values),
        summary=msg("{syns} SYNs found the SYN queue full; {came} handshakes were completed by a cookie.", **values),
        hit=hit(facts, group.rows) if group else None,
        owners=facts.owners([row]) if row is not None else (),
        cause=msg("SYNs come from many addresses that never answer the SYN-ACK: their sources are forged."),
        count=dropped + cookies,
        evidence=[
            *counters(facts, *COUNTERS),
            *([reading(facts, int(group.rows[0]), "timer_retries")] if group else ()),
            *knob(facts, "tcp_syncookies"),
        ],
        ruled_out=[
            RuledOut("handshake.syn_queue_full", msg("the handshakes are not completed")),
            RuledOut("handshake.accept_queue_overflow", msg("ListenOverflows has not moved")),
        ],
        advice=attack.SYN_FLOOD_LIVE,
    )
