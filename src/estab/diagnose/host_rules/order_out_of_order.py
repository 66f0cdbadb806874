"""Packets of this host arrive at the peer in another order.

What it sees
    The sender noticed that segments were overtaken, not lost: TCPSACKReorder, TCPTSReorder, reord_seen.

Why it matters
    Overtaken segments are sent again in vain, and the rate drops.

Evidence required
    Many events, and hardly any real loss on the same sockets.  A receiver cannot tell a gap by loss from one by reordering.

What else looks like this
    Loss (`loss.retransmission`): the peer does not have the repetitions twice.

What to do
    Spread load by flow, not by packet.

References
    RFC 4737; RFC 8985 §3.2; Documentation/networking/ip-sysctl.rst tcp_reordering
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import order
from estab.diagnose.evidence.host_losses import data_again
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, hit, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="order.out_of_order",
    title=msg("Packets arrive in another order than they were sent"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS, Need.COUNTERS}),
    knobs=("tcp_reordering", "tcp_max_reordering"),
    references=("RFC 4737", "RFC 8985 §3.2"),
    yields_to=("path.local_qdisc_drop",),
)

COUNTERS = ("TcpExt.TCPSACKReorder", "TcpExt.TCPTSReorder", "TcpExt.TCPRenoReorder", "TcpExt.TCPDSACKRecv", "TcpExt.TCPPartialUndo")
MANY, PART = 20, 0.005


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each peer to which more was overtaken than lost."""
    if not facts.moved(*COUNTERS[:3]):
        return
    t = facts.t
    events = t.grew("reord_seen")
    for group in facts.by_peer((events > 0) & t.whole & facts.unclaimed(RULE.yields_to), events):
        seen = int(events[group.rows].sum())
        lost = int(np.maximum(data_again(facts) - t.grew("dsack_dups"), 0)[group.rows].sum())
        if seen > lost:
            yield _describe(facts, group, seen)


def _describe(facts: HostFacts, group: HostGroup, seen: int) -> Finding:
    t, rows = facts.t, group.rows
    sent = int(t.grew("data_segs_out")[rows].sum())
    values = {"peer": group.endpoint.address, "count": format_count(seen), "sent": format_count(sent)}
    return finding(
        facts,
        RULE,
        subject=place(group),
        rows=rows,
        severity=Severity.WARNING if seen >= MANY and seen >= PART * sent else Severity.INFO,
        confidence=0.8,
        summary=msg("{count} times segments to {peer} were overtaken, of {sent} sent.", **values),
        hit=hit(facts, rows),
        count=seen,
        cause=msg("The packets of one connection take several ways: balancing by packet, a bond, several queues."),
        evidence=[reading(facts, int(rows[0]), "reord_seen", "reordering", "dsack_dups", "total_retrans"), *counters(facts, *COUNTERS)],
        ruled_out=[RuledOut("loss.retransmission", msg("more segments were overtaken than lost"))],
        advice=order.OUT_OF_ORDER,
    )
