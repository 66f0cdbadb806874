"""Receive buffers are too small for what arrives: the kernel squeezes or drops segments.

What it sees
    PruneCalled, TCPRcvCollapsed; and the drops RcvPruned, OfoPruned, TCPRcvQDrop, TCPOFODrop, TCPZeroWindowDrop.

Why it matters
    What is dropped is sent again; squeezing costs CPU.

Evidence required
    The counters.  Squeezing alone is a note.

What else looks like this
    Loss on the path (`loss.retransmission`) leaves these counters alone.

What to do
    Read faster, write larger pieces, do not set SO_RCVBUF.

References
    net/ipv4/tcp_input.c tcp_prune_queue; Documentation/networking/ip-sysctl.rst tcp_rmem
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import flow
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import THIS_HOST, counters, finding, knob, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.text import format_count, msg

RULE = Rule(
    code="flow.rcvbuf_pruned",
    title=msg("Receive buffers are too small: segments are squeezed or dropped"),
    severity=Severity.WARNING,
    seen_from=Source.LIVE,
    needs=frozenset({Need.COUNTERS, Need.SOCKETS}),
    knobs=("tcp_rmem", "SO_RCVBUF"),
    references=("ip-sysctl: tcp_rmem",),
    yields_to=("flow.zero_window",),
)

DROPS = ("TcpExt.RcvPruned", "TcpExt.OfoPruned", "TcpExt.TCPRcvQDrop", "TcpExt.TCPOFODrop", "TcpExt.TCPZeroWindowDrop")
SQUEEZES = ("TcpExt.PruneCalled", "TcpExt.TCPRcvCollapsed")
SEVERAL = 3


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host, at the fullest buffer."""
    dropped, squeezed = facts.left(*DROPS), facts.moved(*SQUEEZES)
    if not dropped + squeezed:
        return
    t = facts.t
    filled = t.state(State.ESTABLISHED) & t.whole & (2 * t["rmem_alloc_bytes"] >= t["rcvbuf_bytes"]) & (t["rcvbuf_bytes"] > 0)
    groups = facts.by_place(filled, t["rmem_alloc_bytes"])
    rows = groups[0].rows if groups else np.zeros(0, np.int64)
    values = {"dropped": format_count(dropped), "squeezed": format_count(squeezed)}
    yield finding(
        facts,
        RULE,
        subject=place(groups[0]) if groups else THIS_HOST,
        rows=rows,
        severity=Severity.WARNING if dropped >= SEVERAL else Severity.INFO,
        confidence=0.9,
        summary=msg("{dropped} segments were dropped for want of room in receive buffers; {squeezed} times they were squeezed.", **values),
        cause=msg("Small segments carry much overhead, and SO_RCVBUF or tcp_rmem keeps the buffer from growing."),
        count=dropped + squeezed,
        evidence=[
            *counters(facts, *DROPS, *SQUEEZES),
            *([reading(facts, int(rows[0]), "rmem_alloc_bytes", "rcvbuf_bytes", "drops", "rcv_mss_bytes")] if len(rows) else ()),
            *knob(facts, "tcp_rmem"),
        ],
        ruled_out=[RuledOut("loss.retransmission", msg("the segments had arrived here"))],
        advice=flow.RCVBUF_PRUNED,
    )
