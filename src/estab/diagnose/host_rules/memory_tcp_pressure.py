"""TCP's memory is short on this host.

What it sees
    Pages in use (Sockstat.TCP.mem, of the whole HOST) against tcp_mem; TCPMemoryPressures, TCPAbortOnMemory.

Why it matters
    Under pressure buffers stop growing; beyond the limit connections are dropped.

Evidence required
    The gauge against the setting, or a counter that moved.

What else looks like this
    A single full buffer (`flow.rcvbuf_pruned`).

What to do
    Find the queues that hold the memory; then raise tcp_mem.

References
    Documentation/networking/ip-sysctl.rst tcp_mem; net/ipv4/tcp.c
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import memory
from estab.diagnose.finding import CounterEvidence, Finding, Severity
from estab.diagnose.host_compose import counters, finding, knob, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_table import Rows
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="memory.tcp_pressure",
    title=msg("TCP's memory is short"),
    severity=Severity.CRITICAL,
    seen_from=Source.LIVE,
    needs=frozenset({Need.COUNTERS}),
    knobs=("tcp_mem", "tcp_rmem", "tcp_wmem"),
    references=("ip-sysctl: tcp_mem",),
)

SEVERE = 0.9
COUNTERS = ("TcpExt.TCPMemoryPressures", "TcpExt.TCPMemoryPressuresChrono", "TcpExt.TCPAbortOnMemory")


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    pages, limits = facts.reading("Sockstat.TCP.mem"), facts.numbers("tcp_mem")
    pressed = len(limits) == 3 and 0 < limits[1] < pages
    aborted = facts.moved("TcpExt.TCPAbortOnMemory")
    if not pressed and not facts.moved(*COUNTERS):
        return
    severe = aborted or (pressed and pages >= SEVERE * limits[2])
    values = {"pages": format_count(pages), "limit": format_count(limits[2]) if len(limits) == 3 else "?", "aborted": format_count(aborted)}
    rows = _largest(facts)
    yield finding(
        facts,
        RULE,
        rows=rows,
        severity=Severity.CRITICAL if severe else Severity.WARNING,
        confidence=0.95,
        summary=msg(
            "TCP of the whole host holds {pages} pages of memory, its limit is {limit}; {aborted} connections were dropped.", **values
        ),
        count=max(aborted, 1),
        cause=msg("Queues of sockets hold the memory: readers that do not read, or peers that do not acknowledge."),
        evidence=[
            CounterEvidence(msg("pages in use: {pages} of {limit}", **values), "Sockstat.TCP.mem", 0, pages),
            *counters(facts, *COUNTERS),
            *([reading(facts, int(rows[0]), "rmem_alloc_bytes", "wmem_queued_bytes")] if len(rows) else ()),
            *knob(facts, "tcp_mem"),
        ],
        advice=memory.TCP_PRESSURE,
    )


def _largest(facts: HostFacts) -> Rows:
    """Sockets that hold the most, first."""
    held = facts.t["rmem_alloc_bytes"] + facts.t["wmem_queued_bytes"]
    rows = np.argsort(-held, kind="stable")[:20]
    return np.asarray(rows[held[rows] > 0], np.int64)
