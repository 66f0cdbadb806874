"""The capture shows segments as they are before or after offload, not as they travel.

What it sees
    Payloads above the negotiated MSS: the network card will cut them (TSO), or has put them together (GRO, LRO).

Why it matters
    Packet counts, packet times and sizes are then those inside the host.  Checksums of packets that were sent look wrong because the card
    fills them in.  Neither is a fault.

Evidence required
    Both MSS options or a usual MSS, and payloads above it.

What else looks like this
    A path with jumbo frames has a larger MSS as well.

What to do
    Nothing; to see what is on the wire, capture outside the host, or turn offload off for the time of the test (ethtool -K).

References
    RFC 9293 §3.7.1; Linux: Documentation/networking/segmentation-offloads.rst
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import info
from estab.diagnose.compose import finding
from estab.diagnose.facts import CLIENT, SERVER, Facts, Rows
from estab.diagnose.finding import CounterEvidence, Finding, Severity, Subject, SubjectKind
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="info.offload_super_segments",
    title=msg("The capture shows segments before or after offload"),
    severity=Severity.INFO,
    seen_from=Source.CAPTURE,
    needs=frozenset({Need.HANDSHAKES}),
    references=("RFC 9293 §3.7.1",),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for the capture."""
    client, server = facts.connections.client, facts.connections.server
    supers = client.super_segments + server.super_segments
    known = (client.mss > 0) & (server.mss > 0)
    rows = np.flatnonzero(known & (supers > 0))
    if len(rows):
        yield _describe(facts, rows[np.argsort(-supers[rows], kind="stable")], int(supers[rows].sum()))


def _describe(facts: Facts, rows: Rows, supers: int) -> Finding:
    row = int(rows[0])
    sides = [facts.connections.side(side) for side in (CLIENT, SERVER)]
    sender = int(np.argmax([int(side.super_segments[row]) for side in sides]))
    values = {
        "count": format_count(supers),
        "largest": format_count(max(int(side.max_payload[rows].max()) for side in sides)),
        "mss": format_count(int(sides[1 - sender].mss[row])),
    }
    return finding(
        facts,
        RULE,
        subject=Subject(SubjectKind.CAPTURE),
        rows=rows,
        count=supers,
        confidence=0.97,
        summary=msg("{count} captured segments are larger than the MSS ({largest} bytes with an MSS of {mss}).", **values),
        cause=msg(
            "The capture was taken on a host whose network card cuts or joins segments (TSO, GRO); on the wire they have ordinary size."
        ),
        evidence=[CounterEvidence(msg("{count} segments above the MSS", **values), "super_segments", 0, supers)],
        do_not=info.OFFLOAD_SUPER_SEGMENTS.do_not,
    )
