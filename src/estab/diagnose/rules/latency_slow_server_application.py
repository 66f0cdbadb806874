"""The server's program takes long to answer; the network does not.

What it sees
    From the last byte of a request to the first of the answer much more time passes than the round trip needs.

Why it matters
    Users wait, and the network is blamed.

Evidence required
    Request and answer, the time between them less the longest that an acknowledgement took.  Requests that were repeated are not
    counted.  Silences of half a minute and more are not taken for thinking: there a server speaks when it has something to say.

What else looks like this
    A timer: every answer takes the same time (long polling, a pause before a refusal, a time limit behind the server); then it is a note.
    A long path: the handshake is slow as well.  Loss: the request or the answer was sent again.  An answer that never comes is
    `latency.no_response`.

What to do
    Look at the program: its own waits (database, locks, other services), its queue, its worker threads.

References
    RFC 9293 §3.8.6.3; RFC 6298 §2
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import latency
from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence.places import Place, places
from estab.diagnose.facts import SERVER, Column, Facts, Mask, Rows
from estab.diagnose.finding import CounterEvidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import MILLISECOND_NS, SECOND_NS, format_duration
from estab.text import Text, format_count, msg

RULE = Rule(
    code="latency.slow_server_application",
    title=msg("The server's program takes long to answer"),
    severity=Severity.WARNING,
    seen_from=Source.CAPTURE,
    needs=frozenset({Need.TIMES, Need.BOTH_DIRECTIONS}),
    references=("RFC 9293 §3.8.6.3", "RFC 6298 §2"),
    yields_to=("half_open.peer_vanished", "flow.zero_window", "handshake.accept_queue_overflow"),
)

SLOW_NS = 500 * MILLISECOND_NS
"""The tracker counts answers that took longer (`slow_turns`)."""
VERY_SLOW_NS = SECOND_NS
ROUND_TRIPS = 3
NO_THINKING_NS = 30 * SECOND_NS
LARGE_SHARE = 0.5
"""Of a listener's answers."""
STEADY_TURNS = 3
STEADY_NS = 2 * SECOND_NS
"""Shorter ones may well be the same work each time."""
STEADY_SHARE = 0.95
"""The mean of a connection's answering times against the longest: work varies more, a timer does not."""


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener."""
    thought_ns = _thought_ns(facts)
    server, found_at = facts.connections.server, places(facts, _slow(facts, thought_ns) & facts.unclaimed(RULE.yields_to), SERVER)
    turns = found_at.kin_total(np.where(facts.established | facts.midstream, server.turns, 0))
    worked = np.where(_steady(facts), 0, server.slow_turns)
    large = (found_at.total(worked) >= LARGE_SHARE * turns) & (found_at.largest(np.where(worked > 0, thought_ns, 0)) >= VERY_SLOW_NS)
    yield from tell(found_at, functools.partial(_describe, facts, thought_ns=thought_ns, worked=worked), severe=large)


def _thought_ns(facts: Facts) -> Column:
    """The longest time to an answer, less the longest to an acknowledgement: for the latter no program is to blame."""
    client, server = facts.connections.client, facts.connections.server
    return np.asarray(server.think_max_ns - client.rtt_max_ns)


def _steady(facts: Facts) -> Mask:
    """Where all answers of a connection took the same time, so that a timer and not work made them late."""
    server = facts.connections.server
    all_slow = (server.slow_turns == server.turns) & (server.turns >= STEADY_TURNS)
    all_slow &= server.think_max_ns >= STEADY_NS
    return np.asarray(all_slow & (server.think_sum_ns >= STEADY_SHARE * server.turns * server.think_max_ns))


def _slow(facts: Facts, thought_ns: Column) -> Mask:
    client, server = facts.connections.client, facts.connections.server
    slow = (server.slow_turns > 0) & (thought_ns >= SLOW_NS) & (server.think_max_ns < NO_THINKING_NS)
    measured = (
        (client.rtt_samples > 0) & (thought_ns >= ROUND_TRIPS * client.rtt_min_ns) & (server.timeouts + client.timeouts < server.slow_turns)
    )
    return np.asarray(slow & measured & facts.connections.roles_known & ~facts.one_way)


def _describe(facts: Facts, place: Place, thought_ns: Column, worked: Column) -> Finding:
    client, server = facts.connections.client, facts.connections.server
    rows = place.rows[np.argsort(-thought_ns[place.rows], kind="stable")]
    row, slow, turns = int(rows[0]), int(server.slow_turns[rows].sum()), int(server.turns[place.kin].sum())
    by_work = rows[worked[rows] > 0]
    large = int(worked[rows].sum()) >= LARGE_SHARE * turns and int(thought_ns[by_work].max(initial=0)) >= VERY_SLOW_NS
    values = {
        "name": place.name,
        "slow": format_count(slow),
        "turns": format_count(turns),
        "longest": format_duration(int(thought_ns[row])),
    }
    values |= {"rtt": format_duration(int(client.rtt_min_ns[row] + server.rtt_min_ns[row]))}
    return finding(
        facts,
        RULE,
        subject=place.subject,
        rows=rows,
        severity=RULE.severity if large else Severity.INFO,
        confidence=0.9 if large else 0.7,
        title=msg("Slow answers from the program at {name}", name=place.name),
        summary=msg(
            "{slow} of {turns} answers of {name} took more than half a second, the longest {longest} without the network.", **values
        ),
        hit=hit_of(facts, rows, place.kin),
        cause=_cause(facts, rows, timed=len(by_work) == 0),
        evidence=[
            PacketsEvidence(
                msg("answer {longest} after the request; the round trip takes {rtt}", **values),
                row,
                facts.frames(row, (SERVER, "mark_frame")),
            ),
            CounterEvidence(msg("{slow} of {turns} answers took more than 500 ms", **values), "slow_turns", 0, slow),
        ],
        ruled_out=[
            RuledOut("loss.retransmission", msg("the requests were not sent again")),
            RuledOut("latency.slow_handshake", msg("the round trip takes {rtt}", **values)),
        ],
        remedy=latency.SLOW_SERVER_APPLICATION.remedy,
        do_not=latency.SLOW_SERVER_APPLICATION.do_not,
    )


def _cause(facts: Facts, rows: Rows, *, timed: bool) -> Text:
    if not timed:
        return msg("The server's program worked or waited; its kernel and the network were quick.")
    server = facts.connections.server
    mean_ns = int(server.think_sum_ns[rows].sum()) // max(int(server.turns[rows].sum()), 1)
    return msg(
        "All answers took the same time, {mean} on average: a timer, and no work, made them late. Long polling does that, a pause before "
        "a refusal, or a time limit of something behind the server.",
        mean=format_duration(mean_ns),
    )
