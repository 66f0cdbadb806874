"""This host believes it is connected, and the server does not know of it.

What it sees
    Connections opened here, in ESTABLISHED, of which no byte of data was ever acknowledged and none came; their first data is repeated.

Why it matters
    connect() succeeded, so only a time limit for the request notices.  The server's log is empty.

Evidence required
    At least two timeouts in a row of the first data, which is shorter than a full segment; and that the server's host lives: it has
    acknowledged something of another connection since that data was first sent, or it repeats its SYN-ACK.

What else looks like this
    Without a sign of life the peer may have vanished between the handshake and the first data (`half_open.peer_vanished`).  Long first
    segments may be too long for the path (`path.pmtu_black_hole`).

What to do
    At the server accept faster (its accept queue was full); here give requests a time limit.

References
    RFC 9293 §3.5; net/ipv4/tcp_minisocks.c
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import handshake
from estab.diagnose.evidence.host_stalls import heard_since, repeating, stalled_for_ms
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, hit, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="handshake.fake_established",
    title=msg("Clients are connected to nobody"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("tcp_abort_on_overflow", "TCP_DEFER_ACCEPT"),
    references=("RFC 9293 §3.5",),
    yields_to=("path.local_firewall_drop", "security.min_ttl_drop", "security.socket_filter_drop", "middlebox.idle_timeout"),
)

TIMEOUTS, CERTAIN = 2, 3
SAME_MOMENT_MS = 200
"""Answers that came so shortly before the data was sent count too: those who were ignored together prove each other."""


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each destination."""
    t = facts.t
    nothing = (t["bytes_acked"] <= 1) & (t["bytes_received"] == 0) & (t["send_queue"] < t["snd_mss_bytes"])
    ignored = repeating(facts, TIMEOUTS) & t.outbound & nothing & facts.unclaimed(RULE.yields_to)
    if not facts.moved("TcpExt.TCPSYNChallenge"):  # a SYN-ACK that comes again is answered by a challenge ACK (RFC 5961 §4.2)
        probe_ms = (t["rto_us"] // 1000) >> np.minimum(t["backoff"], 20)  # a tail loss probe went before the first timeout (RFC 8985 §7.2)
        ignored &= heard_since(facts, stalled_for_ms(facts) + probe_ms + SAME_MOMENT_MS)
    for group in facts.by_place(ignored, t["retransmits"]):
        yield _describe(facts, group)


def _describe(facts: HostFacts, group: HostGroup) -> Finding:
    rows, row = group.rows, int(group.rows[0])
    severe = len(rows) >= 2 or int(facts.t["retransmits"][row]) >= CERTAIN
    values = {"server": str(group.endpoint), "count": format_count(len(rows))}
    return finding(
        facts,
        RULE,
        subject=place(group),
        rows=rows,
        severity=Severity.WARNING if severe else Severity.INFO,
        confidence=0.8 if severe else 0.5,
        title=msg("Connections to {server} are open here, and nobody answers the first data", **values),
        summary=msg(
            "{count} connections to {server} were opened, and not one byte of their first request was acknowledged.",
            "{count} connection to {server} was opened, and not one byte of its first request was acknowledged.",
            **values,
        ),
        hit=hit(facts, rows),
        cause=msg(
            "The server's kernel completed the handshake and then had no room for the connection (its accept queue was full), "
            "or a device answered the SYN in its name."
        ),
        evidence=[
            reading(facts, row, "retransmits", "bytes_acked", "bytes_received", "unacked_segments", "last_ack_recv_ms"),
            *counters(facts, "TcpExt.TCPTimeouts", "TcpExt.TCPLossProbes"),
        ],
        ruled_out=[
            RuledOut("half_open.peer_vanished", msg("the server's host has answered on other connections since, or repeats its SYN-ACK")),
            RuledOut("path.pmtu_black_hole", msg("the segments are short")),
        ],
        advice=handshake.FAKE_ESTABLISHED,
    )
