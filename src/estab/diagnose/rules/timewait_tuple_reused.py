"""A four-tuple is used again while one end still keeps the connection before in TIME-WAIT.

What it sees
    A new handshake between the same addresses and ports less than 2 MSL (120 s) after the connection before was closed by
    FIN, and accepted.

Why it matters
    It is lawful (RFC 6191, RFC 9293 §3.10.7.4) and shows that source ports are scarce, or fixed.  It goes well as long as timestamps or
    sequence numbers tell old segments from new ones; without timestamps, old segments may be taken for new data.

Evidence required
    The SYN of the new connection, and the age of the one before.

What else looks like this
    A SYN that meets a connection which is still open is `timewait.stale_tuple`.  A repeated SYN is no new connection.

What to do
    Nothing, as long as it works.  Many of them call for connections that are kept open.

References
    RFC 6191 §2; RFC 9293 §3.10.7.4, MUST-13, MAY-2; RFC 1122 §4.2.2.13; net/ipv4/tcp_minisocks.c tcp_timewait_state_process
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import timewait
from estab.diagnose.compose import finding, hit_of, listener, typical
from estab.diagnose.evidence.attempts import attempts_like
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group
from estab.diagnose.finding import Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule
from estab.instant import format_duration
from estab.text import Text, format_count, msg
from estab.track import records

RULE = Rule(
    code="timewait.tuple_reused",
    title=msg("Four-tuples are reused while still in TIME-WAIT"),
    severity=Severity.INFO,
    needs=frozenset({Need.TIMES, Need.HANDSHAKES}),
    knobs=("tcp_tw_reuse",),
    references=("RFC 6191", "RFC 9293 §3.10.7.4"),
    yields_to=("timewait.stale_tuple", "timewait.syn_collision", "attack.blind_syn"),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener."""
    reused = facts.marked(records.REUSED_IN_TIME_WAIT) & facts.answered & facts.established & facts.unclaimed(RULE.yields_to)
    yield from tell(facts.group_by_server(reused), functools.partial(_describe, facts))


def _describe(facts: Facts, group: Group) -> Finding:
    connections = facts.connections
    age_ns = connections.first_ns[group.rows] - connections.last_ns[connections.previous[group.rows]]
    order = np.argsort(age_ns, kind="stable")
    rows, age_ns = group.rows[order], age_ns[order]
    row, name = int(rows[0]), str(group.endpoint)
    closer = int(connections.fins_first_side[connections.previous[row]])
    stamped = facts.side_marked(CLIENT, records.TIMESTAMPS_USED)[rows] & facts.side_marked(SERVER, records.TIMESTAMPS_USED)[rows]
    values = {"server": name, "count": format_count(len(rows)), "shortest": format_duration(int(age_ns[0]))}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        confidence=0.95,
        title=msg("Four-tuples to {server} are reused in TIME-WAIT", server=name),
        summary=msg(
            "{count} connections to {server} used a four-tuple again while one end kept the old one in TIME-WAIT, once after {shortest}.",
            **values,
        ),
        hit=hit_of(facts, rows, attempts_like(facts, row)),
        cause=_cause(closer),
        evidence=[
            PacketsEvidence(
                msg(
                    "a new SYN {shortest} after the last packet of the connection before (median {typical}), answered by SYN-ACK",
                    shortest=values["shortest"],
                    typical=typical(age_ns),
                ),
                row,
                facts.frames(row, (CLIENT, "syn_frame"), (SERVER, "syn_frame")),
            )
        ],
        ruled_out=[
            RuledOut("timewait.stale_tuple", msg("the connection before had been closed by both ends")),
            *(
                [RuledOut("order.paws_drop", msg("both ends use timestamps, which tell old segments from new ones"))]
                if stamped.all()
                else []
            ),
        ],
        remedy=timewait.TUPLE_REUSED.remedy,
        do_not=timewait.TUPLE_REUSED.do_not,
    )


def _cause(closer: int) -> Text:
    if closer == SERVER:
        return msg(
            "The server closed first and kept TIME-WAIT; the client, free of it, took the same "
            "port again, and the server accepted the newer SYN."
        )
    return msg(
        "The client closed first and used its own port again before TIME-WAIT was over: "
        "tcp_tw_reuse, or a source port bound with SO_REUSEADDR."
    )
