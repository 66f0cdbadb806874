"""One client opens many short connections to one listener.

What it sees
    At least 100 connections a minute from one address to one address and port, most of them shorter than a second.

Why it matters
    Each costs a round trip for the handshake (with TLS two or three), a slow start, and 60 s of TIME-WAIT at whoever closes first.  From
    470 a second on, a client with the default port range runs out of ports towards that listener.

Evidence required
    The number of openings in one minute, how long the connections live, and how little they carry.

What else looks like this
    Attempts that fail are other findings (`handshake.refused`, `attack.port_scan`).  Many clients
    with a connection each are load, not churn.

What to do
    Keep connections open: HTTP keep-alive, a pool, HTTP/2.

References
    RFC 9112 §9.3; RFC 9293 §3.6.1; Documentation/networking/ip-sysctl.rst ip_local_port_range
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import app
from estab.diagnose.compose import finding, hit_of, listener, typical
from estab.diagnose.evidence.attempts import attempts_like
from estab.diagnose.evidence.crowds import crowded, pair_numbers
from estab.diagnose.evidence.time_wait import EPHEMERAL_PORTS, peak
from estab.diagnose.facts import CLIENT, SERVER, Facts, Rows
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import SECOND_NS
from estab.text import format_count, msg

RULE = Rule(
    code="app.connection_churn",
    title=msg("A client opens many short connections"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.TIMES, Need.HANDSHAKES}),
    knobs=("ip_local_port_range", "tcp_tw_reuse"),
    references=("RFC 9112 §9.3", "RFC 9293 §3.6.1"),
    yields_to=("ports.exhausted", "attack.port_scan"),
)

OPENINGS = 100
"""In one minute."""
SHORT_NS = SECOND_NS
DANGER = EPHEMERAL_PORTS // 2
"""Openings in one minute that take half of the ports there are towards one listener: then it is a fault, below it is a note."""


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each client address and listener."""
    open_and_shut = facts.attempted & facts.established & facts.connections.has_ended() & facts.unclaimed(RULE.yields_to)
    if np.count_nonzero(open_and_shut) < OPENINGS:
        return
    numbers = pair_numbers(facts)
    rows = np.flatnonzero(crowded(numbers, open_and_shut, OPENINGS))
    for number in np.unique(numbers[rows]):
        members = rows[numbers[rows] == number]
        most = peak(facts.connections.first_ns[members])
        if most >= OPENINGS and np.median(facts.duration_ns[members]) < SHORT_NS:
            yield _describe(facts, members, most)


def _describe(facts: Facts, rows: Rows, most: int) -> Finding:
    client, server = facts.endpoints(int(rows[0]))
    values = {"client": client.address, "server": str(server), "peak": format_count(most), "typical": typical(facts.duration_ns[rows])}
    return finding(
        facts,
        RULE,
        subject=listener(server),
        rows=rows,
        severity=RULE.severity if most >= DANGER else Severity.INFO,
        confidence=0.95,
        title=msg("{client} opens many short connections to {server}", client=client.address, server=str(server)),
        summary=msg(
            "{client} opened up to {peak} connections to {server} in one minute; half of them lived no longer than {typical}.", **values
        ),
        hit=hit_of(facts, rows, attempts_like(facts, int(rows[0]))),
        cause=msg("The client opens a connection for each request or few, and closes it instead of keeping it for the next."),
        evidence=_evidence(facts, rows, most),
        ruled_out=[RuledOut("attack.port_scan", msg("the connections come about and carry data, all to one port"))],
        remedy=app.CONNECTION_CHURN.remedy,
        do_not=app.CONNECTION_CHURN.do_not,
    )


def _evidence(facts: Facts, rows: Rows, most: int) -> list[Evidence]:
    connections = facts.connections
    payload = connections.client.payload_bytes[rows] + connections.server.payload_bytes[rows]
    packets = connections.client.packets[rows] + connections.server.packets[rows]
    data = connections.client.data_packets[rows] + connections.server.data_packets[rows]
    share = 100 - 100 * int(data.sum()) / max(int(packets.sum()), 1)
    row = int(rows[0])
    values = {"bytes": format_count(int(np.median(payload))), "share": f"{share:.0f}"}
    return [
        CounterEvidence(msg("connections opened within 60 s, at most: {count}", count=format_count(most)), "openings", 0, most),
        PacketsEvidence(
            msg("half of them carried no more than {bytes} bytes; {share} % of their packets carried none", **values),
            row,
            facts.frames(row, (CLIENT, "syn_frame"), (SERVER, "syn_frame"), (CLIENT, "last_frame")),
        ),
    ]
