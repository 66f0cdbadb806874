"""A client opens a four-tuple that the server still holds as an open connection.

What it sees
    A SYN is answered by a bare ACK with the numbers of an old connection (a challenge ACK, RFC 5961 §4), the client answers that with
    RST, and its next SYN is accepted.

Why it matters
    The reconnect is delayed, on older systems by a second; a firewall that drops the odd ACK or the RST makes it fail altogether.  It shows
    that the server holds corpses of connections.

Evidence required
    The SYN, the bare ACK, and the client's RST.

What else looks like this
    A forged SYN meets a client that still knows the connection and sends no RST (`attack.blind_syn`).  A four-tuple that both ends had
    closed is `timewait.tuple_reused`.

What to do
    Let the system choose source ports; let the server find dead peers by keepalive.

References
    RFC 5961 §4.2; RFC 9293 §3.5.1, §3.10.7.4; RFC 1122 §4.2.3.6
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import timewait
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence.attempts import attempts_like
from estab.diagnose.evidence.second_lives import challenged, detour, in_time_wait
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group
from estab.diagnose.finding import Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.text import Text, format_count, msg
from estab.track import records

RULE = Rule(
    code="timewait.stale_tuple",
    title=msg("A server still holds an old connection on the four-tuple"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.HANDSHAKES}),
    knobs=("tcp_keepalive_time",),
    references=("RFC 5961 §4.2", "RFC 9293 §3.5.1"),
    yields_to=("attack.blind_syn", "attack.port_scan"),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener that holds old connections."""
    places = facts.group_by_server(challenged(facts) & ~in_time_wait(facts) & facts.unclaimed(RULE.yields_to))
    proven = places.largest(facts.answered | facts.marked(records.REUSED_WHILE_OPEN))
    yield from tell(places, functools.partial(_describe, facts), severe=proven)


def _describe(facts: Facts, group: Group) -> Finding:
    rows, row, name = group.rows, int(group.rows[0]), str(group.endpoint)
    proven = bool((facts.answered | facts.marked(records.REUSED_WHILE_OPEN))[rows].any())
    recovered = int(np.count_nonzero(facts.answered[rows]))
    values = {"server": name, "count": format_count(len(rows)), "recovered": format_count(recovered)}
    frames = facts.frames(row, (CLIENT, "syn_frame"), (SERVER, "first_frame"), (CLIENT, "rst_frame"), (SERVER, "syn_frame"))
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        severity=RULE.severity if proven else Severity.INFO,
        confidence=0.9 if proven else 0.6,
        title=msg("{server} still holds old connections of its clients", server=name),
        summary=msg(
            "{count} SYNs to {server} met an old connection on the same four-tuple; accepted after a detour: {recovered}.",
            **values,
        ),
        hit=hit_of(facts, rows, attempts_like(facts, row)),
        cause=_cause(facts, row),
        evidence=[PacketsEvidence(detour(facts, row), row, frames)],
        ruled_out=[
            RuledOut("attack.blind_syn", msg("the client itself answered the challenge ACK with RST: the SYN was its own")),
            RuledOut("handshake.refused", msg("the RST came from the client")),
        ],
        remedy=timewait.STALE_TUPLE.remedy,
        do_not=timewait.STALE_TUPLE.do_not,
    )


def _cause(facts: Facts, row: int) -> Text:
    if facts.marked(records.REUSED_WHILE_OPEN)[row]:
        return msg(
            "The client lost the old connection without a FIN or RST (a crash, a restart, a NAT that "
            "gave the port away) and took the same port again."
        )
    return msg(
        "The server holds a connection that is older than this capture, of which the client knows "
        "nothing: it crashed, or a NAT gave its port away."
    )
