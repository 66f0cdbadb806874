"""A peer does not answer any more: data of this host is sent again and again.

What it sees
    Open connections with data in flight that is repeated: at least four timeouts in a row, and no ACK since.

Why it matters
    Writes succeed for about 15 minutes (tcp_retries2) before the application learns of it.

Evidence required
    The retransmission timer runs, its count, the time since the last ACK.  No other connection to that host has had an answer meanwhile.

What else looks like this
    A closed window is probed and answered (`flow.zero_window`).  Where the host answers on other connections, the path drops this one
    (`middlebox.idle_timeout`) or its long packets (`path.pmtu_black_hole`).

What to do
    Heartbeats, TCP_USER_TIMEOUT, time limits for requests; tcp_retries2 not below 8.

References
    RFC 9293 §3.8.3; RFC 1122 §4.2.3.5; Documentation/networking/ip-sysctl.rst tcp_retries2
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import half_open
from estab.diagnose.evidence.host_timers import give_up_s, silent_senders
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, hit, knob, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import MILLISECOND_NS, SECOND_NS, format_duration
from estab.text import format_count, msg

RULE = Rule(
    code="half_open.peer_vanished",
    title=msg("The peer does not answer any more"),
    severity=Severity.CRITICAL,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("tcp_retries2", "TCP_USER_TIMEOUT"),
    references=("RFC 9293 §3.8.3", "RFC 1122 §4.2.3.5"),
    yields_to=(
        "middlebox.idle_timeout", "path.pmtu_black_hole", "handshake.fake_established", "path.local_firewall_drop",
        "security.min_ttl_drop", "security.md5_mismatch", "path.icmp_soft_error",
    ),
)  # fmt: skip

CERTAIN, SEVERE, SEVERAL = 4, 6, 3
"""Timeouts in a row from which silence is told, and from which it is severe; connections of one host that make it severe."""
COUNTERS = ("TcpExt.TCPTimeouts", "TcpExt.TCPLostRetransmit", "Tcp.RetransSegs")


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each host that is silent."""
    silent = silent_senders(facts, CERTAIN) & ~facts.peer_alive & facts.unclaimed(RULE.yields_to)
    for group in facts.by_peer(silent, facts.t["last_ack_recv_ms"]):
        yield _describe(facts, group)


def _describe(facts: HostFacts, group: HostGroup) -> Finding:
    rows, row, owners = group.rows, int(group.rows[0]), facts.owners(group.rows)
    timeouts = int(facts.t["retransmits"][rows].max())
    silent_ns = int(facts.t["last_ack_recv_ms"][row]) * MILLISECOND_NS
    total_ns = round(give_up_s(facts.number("tcp_retries2")) * SECOND_NS)
    values = {
        "peer": group.endpoint.address,
        "count": format_count(len(rows)),
        "silent": format_duration(silent_ns),
        "total": format_duration(total_ns),
    }
    return finding(
        facts,
        RULE,
        subject=place(group),
        rows=rows,
        severity=Severity.CRITICAL if timeouts >= SEVERE or len(rows) >= SEVERAL else Severity.WARNING,
        confidence=min(0.6 + 0.05 * timeouts, 0.95),
        title=msg("{peer} does not answer any more", **values),
        summary=msg("{count} connections to {peer} have data that nothing acknowledges; the last ACK came {silent} ago.", **values),
        hit=hit(facts, rows),
        owners=owners,
        cause=msg("The host is down, or the path to it is gone; the kernel gives up about {total} after the first sending.", **values),
        evidence=[
            reading(facts, row, "retransmits", "backoff", "rto_us", "unacked_segments", "last_ack_recv_ms", "last_data_recv_ms"),
            *counters(facts, *COUNTERS),
            *knob(facts, "tcp_retries2"),
        ],
        ruled_out=[
            RuledOut("flow.zero_window", msg("the retransmission timer runs, not the persist timer")),
            RuledOut("middlebox.idle_timeout", msg("no other connection to this host has had an answer")),
        ],
        advice=half_open.PEER_VANISHED,
    )
