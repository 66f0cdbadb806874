"""There is no room for more TIME-WAIT: connections end without it, and their peers are reset.

What it sees
    TCPTimeWaitOverflow moves: a connection that should have waited was dropped because tcp_max_tw_buckets were taken.

Why it matters
    The peer's FIN, or its late data, is answered by RST: it may lose data or see ECONNRESET.  The next connection on the same tuple
    is not protected from old segments.

Evidence required
    The counter, and the number of entries against the limit.  Closed FIN-WAIT-2 sockets take room of the same budget.

What else looks like this
    Many TIME-WAITs below the limit hurt nobody (`timewait.pileup`).  TWKilled is no error: it counts entries with a short life.

What to do
    Raise the limit; keep connections open.

References
    net/ipv4/inet_timewait_sock.c; Documentation/networking/ip-sysctl.rst tcp_max_tw_buckets
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import timewait
from estab.diagnose.finding import CounterEvidence, Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, knob
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.text import format_count, msg

RULE = Rule(
    code="timewait.bucket_overflow",
    title=msg("TIME-WAIT has no room left: peers are reset"),
    severity=Severity.CRITICAL,
    seen_from=Source.LIVE,
    needs=frozenset({Need.COUNTERS}),
    knobs=("tcp_max_tw_buckets",),
    references=("ip-sysctl: tcp_max_tw_buckets",),
)

NEARLY = 0.9


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host: room was lacking, or is about to lack."""
    dropped, taken = facts.moved("TcpExt.TCPTimeWaitOverflow"), facts.reading("Sockstat.TCP.tw")
    limit = facts.number("tcp_max_tw_buckets", 0)
    if not dropped and not (limit and taken >= NEARLY * limit):
        return
    waiting = facts.t.small_wait
    values = {"dropped": format_count(dropped), "taken": format_count(taken), "limit": format_count(limit)}
    yield finding(
        facts,
        RULE,
        rows=np.flatnonzero(waiting & facts.t.state(State.TIME_WAIT)),
        severity=Severity.CRITICAL if dropped else Severity.WARNING,
        confidence=0.98 if dropped else 0.9,
        title=None if dropped else msg("TIME-WAIT has hardly any room left"),
        summary=msg("{dropped} connections ended without TIME-WAIT: {taken} of {limit} entries are taken.", **values),
        cause=msg("More connections are closed here first within 60 s than tcp_max_tw_buckets has room for."),
        count=max(dropped, 1),
        owners=(),
        evidence=[
            *counters(facts, "TcpExt.TCPTimeWaitOverflow", "Tcp.OutRsts"),
            CounterEvidence(
                msg("entries taken: {taken} of {limit}", **values),
                "Sockstat.TCP.tw",
                facts.before.counters.get("Sockstat.TCP.tw", 0),
                taken,
            ),
            *knob(facts, "tcp_max_tw_buckets"),
        ],
        ruled_out=[RuledOut("timewait.pileup", msg("the limit is reached, and entries are refused"))] if dropped else [],
        advice=timewait.BUCKET_OVERFLOW,
    )
