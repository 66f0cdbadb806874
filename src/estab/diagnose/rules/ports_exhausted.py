"""A client runs out of source ports towards one listener.

What it sees
    A client that closed first so often that 70 % of the default range of ephemeral ports stand in TIME-WAIT towards one listener at once,
    and none of these ports is used again.

Why it matters
    connect() fails with EADDRNOTAVAIL when the last one is taken, towards this destination only.  On the wire that is
    silence: no SYN leaves.

Evidence required
    The number of different source ports in TIME-WAIT within one minute.  The range of the host itself is not in a capture: a smaller one
    fails earlier and unseen, a larger one holds longer.

What else looks like this
    Ports used again within 60 s mean that tcp_tw_reuse is at work, and nothing runs out (`timewait.tuple_reused`).  TIME-WAIT at the
    server takes no ports (`timewait.pileup`).

What to do
    Keep connections open.  Then more addresses, IP_BIND_ADDRESS_NO_PORT, tcp_tw_reuse, and a wider range.

References
    RFC 6056 §2.1; Documentation/networking/ip-sysctl.rst ip_local_port_range, tcp_tw_reuse
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import ports as advice
from estab.diagnose.compose import finding, hit_of, host
from estab.diagnose.evidence.crowds import crowded, pair_numbers
from estab.diagnose.evidence.time_wait import EPHEMERAL_PORTS, in_time_wait, peak
from estab.diagnose.facts import CLIENT, Facts, Rows
from estab.diagnose.finding import CounterEvidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.rule import Need, Rule, Source
from estab.flow import Endpoint
from estab.text import format_count, msg
from estab.track import records

RULE = Rule(
    code="ports.exhausted",
    title=msg("A client runs out of source ports"),
    severity=Severity.CRITICAL,
    seen_from=Source.BOTH,
    needs=frozenset({Need.TIMES, Need.BOTH_DIRECTIONS, Need.HANDSHAKES}),
    knobs=("ip_local_port_range", "tcp_tw_reuse"),
    references=("RFC 6056 §2.1",),
)

NEARLY = int(0.7 * EPHEMERAL_PORTS)
ALMOST_ALL = int(0.95 * EPHEMERAL_PORTS)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each client address and listener."""
    waiting = in_time_wait(facts, CLIENT)
    if np.count_nonzero(waiting) < NEARLY:
        return
    numbers = pair_numbers(facts)
    reused = np.bincount(numbers, weights=facts.marked(records.REUSED_IN_TIME_WAIT)) > 0
    rows = np.flatnonzero(crowded(numbers, waiting & ~reused[numbers], NEARLY))
    for number in np.unique(numbers[rows]):
        members = rows[numbers[rows] == number]
        most = peak(facts.connections.last_ns[members])
        if most >= NEARLY:
            yield _describe(facts, members, most)


def _describe(facts: Facts, rows: Rows, most: int) -> Finding:
    row = int(rows[0])
    client, server = facts.endpoints(row)
    values = {"client": client.address, "server": str(server), "peak": format_count(most), "percent": f"{100 * most / EPHEMERAL_PORTS:.0f}"}
    ports = facts.connections.a_port[rows]
    span = {"low": int(ports.min()), "high": int(ports.max())}
    return finding(
        facts,
        RULE,
        subject=host(Endpoint(client.address, 0)),
        rows=rows,
        severity=RULE.severity if most >= ALMOST_ALL else Severity.WARNING,
        confidence=0.75,
        title=msg("{client} runs out of source ports towards {server}", client=client.address, server=str(server)),
        summary=msg(
            "{peak} source ports of {client} stood in TIME-WAIT towards {server} at once: {percent} % of the default range.", **values
        ),
        hit=hit_of(facts, rows, facts.rows_from_client(row)),
        cause=msg("The client opens a connection for each request and closes it first; each closing blocks its source port for 60 s."),
        evidence=[
            CounterEvidence(msg("source ports in TIME-WAIT at once: {count}", count=format_count(most)), "time_wait", 0, most),
            PacketsEvidence(
                msg("source ports from {low} to {high} were used, and none of them again within 60 s", **span),
                row,
                facts.frames(row, (CLIENT, "syn_frame"), (CLIENT, "fin_frame")),
            ),
        ],
        ruled_out=[RuledOut("timewait.tuple_reused", msg("no port was used again while in TIME-WAIT"))],
        remedy=advice.EXHAUSTED.remedy,
        do_not=advice.EXHAUSTED.do_not,
    )
