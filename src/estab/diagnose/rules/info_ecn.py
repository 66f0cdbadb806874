"""The two ends agreed on explicit congestion notification.

What it sees
    A SYN with ECE and CWR, answered by a SYN-ACK with ECE and without CWR.

Why it matters
    Routers may then mark packets in place of dropping them, and marks are to be expected in the headers.

Evidence required
    Both packets of the handshake.

What else looks like this
    A SYN that asks for ECN and is answered without it: the server, or something on the way, declined.

What to do
    Nothing.

References
    RFC 3168 §6.1.1
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group
from estab.diagnose.finding import Finding, PacketsEvidence, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg
from estab.track.records import ECN_NEGOTIATED

RULE = Rule(
    code="info.ecn",
    title=msg("Connections use ECN"),
    severity=Severity.INFO,
    seen_from=Source.CAPTURE,
    needs=frozenset({Need.HANDSHAKES}),
    knobs=("tcp_ecn",),
    references=("RFC 3168 §6.1.1",),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener with connections that agreed on ECN."""
    yield from tell(facts.group_by_server(facts.marked(ECN_NEGOTIATED)), functools.partial(_describe, facts))


def _describe(facts: Facts, group: Group) -> Finding:
    rows, row = group.rows, int(group.rows[0])
    kin = facts.rows_to_server(row)
    values = {"count": format_count(len(rows)), "server": str(group.endpoint)}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        confidence=0.99,
        summary=msg(
            "{count} connections to {server} agreed on ECN in the handshake.",
            "{count} connection to {server} agreed on ECN in the handshake.",
            **values,
        ),
        hit=hit_of(facts, rows, kin[facts.attempted[kin]]),
        cause=msg("Both kernels have ECN on: the client asks for it (tcp_ecn=1) and the server agrees."),
        evidence=[
            PacketsEvidence(
                msg("SYN with ECE and CWR, SYN-ACK with ECE"), row, facts.frames(row, (CLIENT, "syn_frame"), (SERVER, "syn_frame"))
            )
        ],
    )
