"""The server's program takes long to answer; the network does not.

What it sees
    From the last byte of a request to the first of the answer much more time passes than the round trip needs.

Why it matters
    Users wait, and the network is blamed.

Evidence required
    Request and answer, the time between them less the longest that an acknowledgement took.  Requests that were repeated are not
    counted.  Silences of half a minute and more are not taken for thinking: there a server speaks when it has something to say.

What else looks like this
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
from estab.diagnose.facts import SERVER, Column, Facts, Mask
from estab.diagnose.finding import CounterEvidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import MILLISECOND_NS, SECOND_NS, format_duration
from estab.text import format_count, msg

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


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener."""
    thought_ns = _thought_ns(facts)
    server, found_at = facts.connections.server, places(facts, _slow(facts, thought_ns) & facts.unclaimed(RULE.yields_to), SERVER)
    turns = found_at.kin_total(np.where(facts.established | facts.midstream, server.turns, 0))
    large = (found_at.total(server.slow_turns) >= LARGE_SHARE * turns) & (found_at.largest(thought_ns) >= VERY_SLOW_NS)
    yield from tell(found_at, functools.partial(_describe, facts, thought_ns=thought_ns), severe=large)


def _thought_ns(facts: Facts) -> Column:
    """The longest time to an answer, less the longest to an acknowledgement: for the latter no program is to blame."""
    client, server = facts.connections.client, facts.connections.server
    return np.asarray(server.think_max_ns - client.rtt_max_ns)


def _slow(facts: Facts, thought_ns: Column) -> Mask:
    client, server = facts.connections.client, facts.connections.server
    slow = (server.slow_turns > 0) & (thought_ns >= SLOW_NS) & (server.think_max_ns < NO_THINKING_NS)
    measured = (
        (client.rtt_samples > 0) & (thought_ns >= ROUND_TRIPS * client.rtt_min_ns) & (server.timeouts + client.timeouts < server.slow_turns)
    )
    return np.asarray(slow & measured & facts.connections.roles_known & ~facts.one_way)


def _describe(facts: Facts, place: Place, thought_ns: Column) -> Finding:
    client, server = facts.connections.client, facts.connections.server
    rows = place.rows[np.argsort(-thought_ns[place.rows], kind="stable")]
    row, slow, turns = int(rows[0]), int(server.slow_turns[rows].sum()), int(server.turns[place.kin].sum())
    large = slow >= LARGE_SHARE * turns and int(thought_ns[row]) >= VERY_SLOW_NS
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
        cause=msg("The server's program worked or waited; its kernel and the network were quick."),
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
