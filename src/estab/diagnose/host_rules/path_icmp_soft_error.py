"""A router reports that packets of open connections do not get through.

What it sees
    ICMP destination unreachable comes in while open connections repeat their data.

Why it matters
    The error does not end the connection; at the end the program gets EHOSTUNREACH instead of ETIMEDOUT.

Evidence required
    The counter and the sockets.

What else looks like this
    During a handshake the error is final (`handshake.rejected_icmp`).

What to do
    Look at the router that sent it.

References
    RFC 1122 §4.2.3.9; RFC 5461
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import path
from estab.diagnose.evidence.host_stalls import repeating
from estab.diagnose.finding import Finding, Severity
from estab.diagnose.host_compose import counters, finding, hit, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="path.icmp_soft_error",
    title=msg("A router reports that packets of an open connection do not get through"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS, Need.SOCKETS}),
    references=("RFC 1122 §4.2.3.9",),
)


STANDS_STILL = 4
"""Timeouts in a row; each ICMP error takes one step of their doubling back (RFC 6069), so they come quickly."""


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    errors = facts.moved("Icmp.InDestUnreachs", "Icmp6.InDestUnreachs") - facts.moved("Icmp.OutDestUnreachs", "Icmp6.OutDestUnreachs")
    rows = np.flatnonzero(repeating(facts, 1))
    if errors <= 0 or not len(rows) or facts.moved("Tcp.AttemptFails"):
        return
    yield finding(
        facts,
        RULE,
        rows=rows,
        severity=Severity.WARNING if int(facts.t["retransmits"][rows].max()) >= STANDS_STILL else Severity.INFO,
        confidence=0.7,
        summary=msg("{count} ICMP errors came while open connections repeated their data.", count=format_count(errors)),
        hit=hit(facts, rows),
        count=errors,
        cause=msg("A router on the way has no route any more, or cannot reach the host behind it."),
        evidence=[
            *counters(facts, "Icmp.InDestUnreachs", "Icmp6.InDestUnreachs"),
            reading(facts, int(rows[0]), "retransmits", "last_ack_recv_ms"),
        ],
        advice=path.ICMP_SOFT_ERROR,
    )
