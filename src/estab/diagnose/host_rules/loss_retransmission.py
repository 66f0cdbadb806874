"""Data segments of this host are lost on the path.

What it sees
    For each peer the segments sent again against those sent, without those that the peer says it had twice.

Why it matters
    Above 1 % congestion control that goes by loss slows down markedly.

Evidence required
    At least 10 segments and 1 %, measured at this host's own sockets within the interval; fewer are a note.

What else looks like this
    Overtaken segments are sent again in vain (`order.out_of_order`); the own queue drops (`path.local_qdisc_drop`); a silent peer
    (`half_open.peer_vanished`); long segments that do not pass (`path.pmtu_black_hole`).

What to do
    Find the hop: queues, interfaces, policers, duplex.

References
    RFC 9293 §3.8.3; RFC 6675; RFC 8985
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import loss
from estab.diagnose.evidence.host_losses import Repeats, repeats_by_peer
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, hit, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, format_percent, msg

RULE = Rule(
    code="loss.retransmission",
    title=msg("Data segments are lost on the path"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("tcp_sack", "tcp_recovery"),
    references=("RFC 9293 §3.8.3", "RFC 6675"),
    yields_to=(
        "path.icmp_soft_error", "path.local_qdisc_drop", "path.local_firewall_drop", "path.pmtu_black_hole", "half_open.peer_vanished",
        "middlebox.idle_timeout", "handshake.fake_established", "order.out_of_order", "loss.rto_backoff", "security.min_ttl_drop",
        "path.checksum_errors", "path.tfo_black_hole", "flow.zero_window", "flow.rcvbuf_pruned", "loss.spurious_retransmission",
    ),
)  # fmt: skip

LEAST, SEVERE_RATE = 10, 0.01
COUNTERS = ("Tcp.RetransSegs", "TcpExt.TCPFastRetrans", "TcpExt.TCPTimeouts", "TcpExt.TCPSackRecovery")


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each peer."""
    for found in repeats_by_peer(facts, RULE.yields_to):
        if found.lost:
            yield _describe(facts, found)


def _describe(facts: HostFacts, found: Repeats) -> Finding:
    rows = found.group.rows
    values = {
        "peer": found.group.endpoint.address,
        "lost": format_count(found.lost),
        "sent": format_count(found.sent),
        "percent": format_percent(found.rate),
    }
    return finding(
        facts,
        RULE,
        subject=place(found.group),
        rows=rows,
        severity=Severity.WARNING if found.lost >= LEAST and found.rate >= SEVERE_RATE else Severity.INFO,
        confidence=0.85,
        title=msg("{percent} % of the data to {peer} is lost", **values),
        summary=msg(
            "{lost} of {sent} data segments to {peer} were sent again ({percent} %).",
            "{lost} of {sent} data segments to {peer} was sent again ({percent} %).",
            **values,
        ),
        hit=hit(facts, rows),
        count=found.lost,
        cause=msg("Packets are dropped on the way to {peer}: a full queue, a bad link, a policer.", **values),
        evidence=[
            reading(facts, int(rows[0]), "bytes_sent", "bytes_retrans", "total_retrans", "lost_segments", "rtt_us", "dsack_dups"),
            *counters(facts, *COUNTERS),
        ],
        ruled_out=[
            RuledOut("order.out_of_order", msg("the peer did not have them twice")),
            RuledOut("path.local_qdisc_drop", msg("no queue of this host dropped packets")),
        ],
        advice=loss.RETRANSMISSION,
    )
