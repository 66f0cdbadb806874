"""A listener's SYN queue is full of clients that do complete the handshake.

What it sees
    TCPReqQFullDoCookies moves, or ListenDrops without ListenOverflows (TCPReqQFullDrop, or tcp_max_syn_backlog with cookies off); the
    accept queue has room, and most cookies come back.

Why it matters
    With cookies off, SYNs are dropped: clients wait 1, 2, 3 s.  With cookies on they are served, some without window scaling and SACK.

Evidence required
    The counters; SyncookiesRecv close to SyncookiesSent.

What else looks like this
    A flood: hardly any cookie comes back, and the sources are many (`attack.syn_flood`).  A full accept queue
    (`handshake.accept_queue_overflow`) raises ListenOverflows.

What to do
    A larger backlog: it bounds the SYN queue, too; keep tcp_syncookies=1.

References
    net/ipv4/tcp_input.c tcp_conn_request; Documentation/networking/ip-sysctl.rst tcp_max_syn_backlog, tcp_syncookies
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import handshake
from estab.diagnose.evidence.host_opening import dropped_syns, half_open
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import THIS_HOST, counters, finding, knob, listener
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import NO_ROWS
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="handshake.syn_queue_full",
    title=msg("A listener's SYN queue is full"),
    severity=Severity.CRITICAL,
    seen_from=Source.LIVE,
    needs=frozenset({Need.COUNTERS, Need.SOCKETS}),
    knobs=("tcp_syncookies", "tcp_max_syn_backlog", "somaxconn"),
    references=("ip-sysctl: tcp_syncookies, tcp_max_syn_backlog",),
    yields_to=("attack.syn_flood", "handshake.accept_queue_overflow", "handshake.abort_on_overflow"),
)

COUNTERS = ("TcpExt.TCPReqQFullDrop", "TcpExt.TCPReqQFullDoCookies", "TcpExt.SyncookiesSent", "TcpExt.SyncookiesRecv", "TcpExt.ListenDrops")

ALWAYS = 2


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the listener with the most connections in SYN-RECEIVED."""
    dropped, cookies = dropped_syns(facts), facts.moved("TcpExt.TCPReqQFullDoCookies")
    if facts.number("tcp_syncookies", 1) == ALWAYS:  # then every SYN is answered so, whatever room there is
        cookies = 0
    if not dropped + cookies or facts.found(*RULE.yields_to):
        return
    groups = half_open(facts)
    group = groups[0] if groups else None
    values = {"dropped": format_count(dropped), "cookies": format_count(cookies)}
    yield finding(
        facts,
        RULE,
        subject=listener(group.endpoint) if group else THIS_HOST,
        rows=group.rows if group else NO_ROWS,
        severity=Severity.CRITICAL if dropped else Severity.INFO,
        confidence=0.85,
        summary=msg("{dropped} SYNs were dropped, and {cookies} answered by a cookie, because the SYN queue was full.", **values),
        cause=msg("More clients connect at once than the backlog has room for; the SYN queue is as long as the accept queue."),
        count=dropped + cookies,
        evidence=[*counters(facts, *COUNTERS), *knob(facts, "tcp_syncookies")],
        ruled_out=[
            RuledOut("handshake.accept_queue_overflow", msg("ListenOverflows has not moved")),
            RuledOut("attack.syn_flood", msg("the clients complete their handshakes")),
        ],
        advice=handshake.SYN_QUEUE_FULL,
    )
