"""A program of this host sends very many small segments.

What it sees
    Connections that send at least 500 segments a second of less than 200 bytes.

Why it matters
    Each segment costs headers and an interrupt.

Evidence required
    Segments and bytes of one connection within the interval.

What else looks like this
    An interactive session sends small segments, but few.

What to do
    Write messages as a whole.

References
    RFC 9293 §3.8.6.2.1; RFC 1122 §4.2.3.4
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import app
from estab.diagnose.finding import Finding, Severity
from estab.diagnose.host_compose import counters, finding, hit, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="app.small_packets",
    title=msg("An application sends many small segments"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("TCP_NODELAY", "TCP_CORK"),
    references=("RFC 9293 §3.8.6.2.1",),
)

PER_S, SMALL_BYTES = 500.0, 200


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each place."""
    t = facts.t
    sent = t.grew("data_segs_out")
    mean = t.grew("bytes_sent") / np.maximum(sent, 1)
    for group in facts.by_place((sent >= PER_S * facts.interval_s) & (mean < SMALL_BYTES) & t.whole, sent):
        row = int(group.rows[0])
        values = {
            "place": str(group.endpoint),
            "pace": format_count(round(int(sent[row]) / facts.interval_s)),
            "mean": f"{float(mean[row]):.0f}",
        }
        yield finding(
            facts,
            RULE,
            subject=place(group),
            rows=group.rows,
            confidence=0.8,
            summary=msg("A connection of {place} sends {pace} segments a second of {mean} bytes on average.", **values),
            hit=hit(facts, group.rows),
            cause=msg("The program writes in small pieces, and TCP_NODELAY sends each of them at once."),
            evidence=[reading(facts, row, "data_segs_out", "bytes_sent"), *counters(facts, "TcpExt.TCPAutoCorking")],
            advice=app.SMALL_PACKETS,
        )
