"""A queue of this host's own interface drops packets.

What it sees
    The `dropped` count of a queueing discipline moves, against what it sent.

Why it matters
    The loss is at home: a shaper that is too tight, or a queue that is too short.

Evidence required
    The queue's own counters.  A warning needs ten packets and 1 %; queues that manage themselves drop a few on purpose.

What else looks like this
    Loss on the path leaves these counters alone (`loss.retransmission`).

What to do
    The shaper's rate and limit; fq_codel or fq.

References
    tc(8); net/sched/sch_generic.c
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import path
from estab.diagnose.evidence.host_losses import data_again
from estab.diagnose.evidence.host_queues import QueueDrops, queue_drops
from estab.diagnose.finding import CounterEvidence, Finding, RuledOut, Severity, Subject, SubjectKind
from estab.diagnose.host_compose import counters, finding, hit
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, format_percent, msg

RULE = Rule(
    code="path.local_qdisc_drop",
    title=msg("A queue of this host drops packets"),
    severity=Severity.WARNING,
    seen_from=Source.LIVE,
    needs=frozenset({Need.COUNTERS, Need.SOCKETS}),
    references=("tc(8)",),
)

LEAST, SEVERE_RATE = 10, 0.01


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each queue."""
    for queue in queue_drops(facts):
        yield _describe(facts, queue)


def _describe(facts: HostFacts, queue: QueueDrops) -> Finding:
    t = facts.t
    rows = np.flatnonzero((data_again(facts) > 0) & ~t.loopback)
    values = {
        "interface": queue.interface,
        "kind": queue.kind,
        "dropped": format_count(queue.dropped),
        "percent": format_percent(queue.rate),
    }
    return finding(
        facts,
        RULE,
        subject=Subject(SubjectKind.INTERFACE, name=queue.interface),
        rows=rows,
        severity=Severity.WARNING if queue.dropped >= LEAST and queue.rate >= SEVERE_RATE else Severity.INFO,
        confidence=0.95,
        title=msg("The queue of {interface} drops {percent} % of the packets", **values),
        summary=msg(
            "{dropped} packets were dropped by {kind} on {interface} before they left this host.",
            "{dropped} packet was dropped by {kind} on {interface} before it left this host.",
            **values,
        ),
        hit=hit(facts, rows) if len(rows) else None,
        count=queue.dropped,
        owners=(),
        cause=msg("More is sent than the queue lets out: a shaper's rate or its limit, or a short queue."),
        evidence=[
            CounterEvidence(msg("{kind} on {interface}: dropped +{dropped}", **values), f"qdisc {queue.interface}", 0, queue.dropped),
            *counters(facts, "TcpExt.TCPRetransFail", "Tcp.RetransSegs"),
        ],
        ruled_out=[RuledOut("loss.retransmission", msg("the packets were lost before they left this host"))],
        advice=path.LOCAL_QDISC_DROP,
    )
