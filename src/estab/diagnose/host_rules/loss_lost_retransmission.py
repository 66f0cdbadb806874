"""Repetitions are lost, too.

What it sees
    TCPLostRetransmit moves beyond what stronger findings explain.

Why it matters
    Loss is heavy or comes in bursts: repairs take several round trips.

Evidence required
    The counter.

What else looks like this
    A peer that is gone loses every repetition (`half_open.peer_vanished`).

What to do
    As for loss.

References
    RFC 6675; RFC 8985
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import loss
from estab.diagnose.finding import Finding, Severity
from estab.diagnose.host_compose import counters, finding
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="loss.lost_retransmission",
    title=msg("Repeated segments are lost, too"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS}),
    references=("RFC 6675", "RFC 8985"),
    yields_to=(
        "half_open.peer_vanished", "middlebox.idle_timeout", "path.pmtu_black_hole", "handshake.fake_established", "loss.rto_backoff",
        "handshake.filtered", "handshake.syn_sent_pile", "attack.port_scan", "path.local_firewall_drop", "path.local_qdisc_drop",
        "close.fin_wait1_pile", "close.last_ack_pile", "close.closing_pile", "security.min_ttl_drop", "security.md5_mismatch",
        "path.neighbour_failure", "handshake.rejected_icmp", "path.icmp_soft_error", "path.checksum_errors", "loss.retransmission",
        "keepalive.unanswered",
    ),
)  # fmt: skip

SEVERAL = 20


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    lost = facts.left("TcpExt.TCPLostRetransmit")
    if lost and not facts.found(*RULE.yields_to):
        yield finding(
            facts,
            RULE,
            severity=Severity.WARNING if lost >= SEVERAL else Severity.INFO,
            confidence=0.7,
            summary=msg("{count} repetitions were lost as well.", count=format_count(lost)),
            cause=msg("Loss is heavy or comes in bursts that outlast a round trip."),
            count=lost,
            evidence=counters(facts, "TcpExt.TCPLostRetransmit", "Tcp.RetransSegs"),
            advice=loss.RETRANSMISSION,
        )
