"""A router reports that an open connection's packets do not get through.

What it sees
    An ICMP "unreachable" or "time exceeded" that quotes a segment of a connection that is open already.

Why it matters
    TCP treats it as a hint (a soft error) and goes on repeating; only if the connection is given up later does the application get this
    error (EHOSTUNREACH) in place of ETIMEDOUT.

Evidence required
    The ICMP message, quoting a segment behind the handshake.

What else looks like this
    The same message about a SYN ends the attempt (`handshake.rejected_icmp`).  "Fragmentation needed" is `path.pmtu_reduced`.

What to do
    Ask the router that sent it: a route that is gone, a host that does not answer ARP, a filter, a routing loop (time exceeded).

References
    RFC 1122 §4.2.3.9; RFC 5461; RFC 9293 §3.9.2.2
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import path
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import losses
from estab.diagnose.facts import Facts, Group, Mask
from estab.diagnose.finding import Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Rule, Source
from estab.text import Text, format_count, msg

RULE = Rule(
    code="path.icmp_soft_error",
    title=msg("A router reports that packets of an open connection do not get through"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    references=("RFC 1122 §4.2.3.9", "RFC 5461"),
)

QUOTED_LATER = 2
UNREACHABLE_4, TIME_EXCEEDED_4, TOO_BIG_CODE_4 = 3, 11, 4
UNREACHABLE_6, TIME_EXCEEDED_6 = 1, 3


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener about whose open connections routers complained."""
    yield from tell(facts.group_by_server(_soft(facts)), functools.partial(_describe, facts))


def _soft(facts: Facts) -> Mask:
    connections = facts.connections
    kind, version = connections.icmp_type, connections.icmp_version
    old = (version == 4) & (((kind == UNREACHABLE_4) & (connections.icmp_code != TOO_BIG_CODE_4)) | (kind == TIME_EXCEEDED_4))
    new = (version == 6) & ((kind == UNREACHABLE_6) | (kind == TIME_EXCEEDED_6))
    return np.asarray((connections.icmp_count > 0) & (connections.icmp_quoted == QUOTED_LATER) & (old | new) & facts.established)


def _describe(facts: Facts, group: Group) -> Finding:
    rows, row, connections = group.rows, int(group.rows[0]), facts.connections
    values = {"type": int(connections.icmp_type[row]), "code": int(connections.icmp_code[row]), "server": str(group.endpoint)}
    values |= {"count": format_count(int(connections.icmp_count[rows].sum()))}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        confidence=0.9,
        summary=msg("{count} ICMP errors (type {type}, code {code}) quote segments of open connections to {server}.", **values),
        hit=hit_of(facts, rows, losses.kin(facts, row)),
        cause=_cause(facts, row),
        evidence=[PacketsEvidence(msg("ICMP type {type}, code {code}", **values), row, (int(connections.icmp_frame[row]),))],
        ruled_out=[RuledOut("handshake.rejected_icmp", msg("the connection was open already; the error does not end it at once"))],
        remedy=path.ICMP_SOFT_ERROR.remedy,
    )


def _cause(facts: Facts, row: int) -> Text:
    connections = facts.connections
    version, kind = int(connections.icmp_version[row]), int(connections.icmp_type[row])
    if (version, kind) in {(4, TIME_EXCEEDED_4), (6, TIME_EXCEEDED_6)}:
        return msg("Packets run in a circle: their time to live ended on the way.")
    return msg("A router, or the last one before the host, cannot or may not deliver the packets.")
