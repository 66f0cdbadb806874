"""A handshake took long.

What it sees
    A second or more from a client's first SYN to its ACK of the SYN-ACK, or five times and 300 ms more than the listener's others.

Why it matters
    Nothing can be sent before: users wait for it at each new connection.

Evidence required
    The first SYN and the ACK that ended the handshake.

What else looks like this
    A slow answer behind a quick handshake is the application's (`latency.slow_server_application`).

What to do
    See which half took long: a repeated SYN is loss or a drop, a long round trip is the path, a SYN-ACK that came late with a quick ACK
    is the server's side.

References
    RFC 6298 §2.1; RFC 9293 §3.5
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import latency
from estab.diagnose.compose import finding, hit_of, listener, typical
from estab.diagnose.evidence.attempts import attempts_like, confirmed
from estab.diagnose.facts import CLIENT, SERVER, Column, Facts, Group
from estab.diagnose.finding import Finding, PacketsEvidence, Severity
from estab.diagnose.rule import Need, Rule
from estab.instant import MILLISECOND_NS, MINUTE_NS, format_duration
from estab.text import Text, format_count, msg

RULE = Rule(
    code="latency.slow_handshake",
    title=msg("Handshakes take long"),
    severity=Severity.INFO,
    needs=frozenset({Need.TIMES, Need.BOTH_DIRECTIONS, Need.HANDSHAKES}),
    references=("RFC 6298 §2.1", "RFC 9293 §3.5"),
    yields_to=("handshake.accept_queue_overflow", "attack.syn_flood"),
)

SLOW_NS = 990 * MILLISECOND_NS
"""The initial retransmission timeout of 1 s (RFC 6298 §2.1) less timer slack: a handshake "
"this long has waited for one, or for a far path."""
UNUSUAL_NS = 300 * MILLISECOND_NS
UNUSUAL_TIMES = 5
ABSURD_NS = 5 * MINUTE_NS
"""No handshake takes as long (six repetitions of a SYN span 131 s): the clock was set in between."""
USUAL_LEAST = 5
"""Handshakes of a listener that tell what is usual there."""


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener with slow handshakes."""
    took_ns = _took_ns(facts)
    long = (took_ns >= UNUSUAL_NS) & facts.unclaimed(RULE.yields_to)
    for group in facts.group_by_server(long):
        of_listener = took_ns[facts.rows_to_server(int(group.rows[0]))]
        usual_ns = of_listener[of_listener > 0]
        usual = int(np.median(usual_ns)) if len(usual_ns) >= USUAL_LEAST else 0
        slow = took_ns[group.rows] >= (max(min(SLOW_NS, UNUSUAL_TIMES * usual), UNUSUAL_NS) if usual else SLOW_NS)
        if slow.any():
            yield _describe(facts, Group(group.endpoint, group.rows[slow]), took_ns, usual)


def _took_ns(facts: Facts) -> Column:
    """From the first SYN to the ACK of the SYN-ACK, 0 where one of them was not seen."""
    connections = facts.connections
    known = facts.attempted & confirmed(facts) & (connections.client.first_syn_ns > 0)
    took_ns = connections.handshake_ack_ns - connections.client.first_syn_ns
    return np.where(known & (took_ns > 0) & (took_ns < ABSURD_NS), took_ns, 0)


def _describe(facts: Facts, group: Group, took_ns: Column, usual_ns: int) -> Finding:
    rows = group.rows[np.argsort(-took_ns[group.rows], kind="stable")]
    row, name = int(rows[0]), str(group.endpoint)
    values: dict[str, object] = {"server": name, "count": format_count(len(rows)), "longest": format_duration(int(took_ns[row]))}
    values["typical"] = typical(took_ns[rows])
    frames = {*facts.frames(row, (CLIENT, "syn_frame"), (SERVER, "syn_frame")), int(facts.connections.handshake_ack_frame[row])}
    evidence = [
        PacketsEvidence(
            msg("{longest} from the first SYN to the ACK of the SYN-ACK", longest=values["longest"]), row, tuple(sorted(frames - {0}))
        )
    ]
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        confidence=0.95,
        title=msg("Handshakes with {server} take long", server=name),
        summary=_summary(values, usual_ns),
        hit=hit_of(facts, rows, attempts_like(facts, row)),
        cause=_cause(facts, row),
        evidence=evidence,
        remedy=latency.SLOW_HANDSHAKE.remedy,
    )


def _summary(values: dict[str, object], usual_ns: int) -> Text:
    if usual_ns:
        return msg(
            "{count} handshakes with {server} took up to {longest} (median {typical}); usual there is {usual}.",
            usual=format_duration(usual_ns),
            **values,
        )
    return msg("{count} handshakes with {server} took up to {longest} (median {typical}).", **values)


def _cause(facts: Facts, row: int) -> Text:
    client, server = facts.connections.client, facts.connections.server
    if client.retransmit_syn[row]:
        return msg(
            "The SYN went unanswered and was sent again after {waited}.",
            waited=format_duration(int(client.retransmit_first_ns[row] - client.first_syn_ns[row])),
        )
    if server.retransmit_syn_ack[row]:
        return msg("The SYN-ACK went unacknowledged and was sent again.")
    first_ns, second_ns = int(facts.synack_delay_ns[row]), int(facts.handshake_ack_delay_ns[row])
    halves = {"first": format_duration(first_ns), "second": format_duration(second_ns)}
    return msg("The SYN-ACK came {first} after the SYN, the ACK {second} after it: a long path, or a peer that answers late.", **halves)
