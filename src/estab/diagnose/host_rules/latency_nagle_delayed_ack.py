"""Nagle's algorithm at one end waits for the delayed ACK of the other: about 40 ms for each message.

What it sees
    As the receiver: connections that get two small segments for each answer, while DelayedACKs moves in step.  As the sender: two small
    segments for each message, a round trip far above its least, and a pace of at most 25 messages a second.

Why it matters
    A request takes 40 ms (200 ms on other systems) instead of a fraction of one.

Evidence required
    The counts of segments on one connection, and the counter.

What else looks like this
    A slow program: there one segment comes for each answer, and the ACK is delayed all the same.

What to do
    Write a message at once; TCP_NODELAY.

References
    RFC 9293 §3.7.4, §3.8.6.3; RFC 1122 §4.2.3.4
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import latency
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, hit, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.host_table import Mask
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.text import format_count, msg

RULE = Rule(
    code="latency.nagle_delayed_ack",
    title=msg("Nagle's algorithm waits for delayed ACKs"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS, Need.COUNTERS}),
    knobs=("TCP_NODELAY", "TCP_CORK"),
    references=("RFC 9293 §3.7.4", "RFC 1122 §4.2.3.4"),
)

LEAST_TURNS, PACE_PER_S, SMALL_PART = 5, 30.0, 0.5
LEAST_WAIT_US, TIMES_LEAST = 15_000, 8


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each place at which this host delays the ACK, one for each at which it waits for one."""
    for group in facts.by_place(_receivers(facts), facts.t.grew("data_segs_in")):
        yield _describe(facts, group, receiver=True)
    for group in facts.by_place(_senders(facts), facts.t.grew("data_segs_out")):
        yield _describe(facts, group, receiver=False)


def _in_pairs(facts: HostFacts, many: str, few: str) -> Mask:
    """Two segments one way for each one the other way, slowly, on connections that live."""
    t = facts.t
    turns = t.grew(few)
    pairs = (turns >= LEAST_TURNS) & (t.grew(many) >= 1.8 * turns) & (t.grew(many) <= 2.5 * turns)
    return np.asarray(pairs & (turns <= PACE_PER_S * facts.interval_s) & t.state(State.ESTABLISHED))


def _receivers(facts: HostFacts) -> Mask:
    t = facts.t
    pairs = _in_pairs(facts, "data_segs_in", "data_segs_out")
    short = t.grew("bytes_received") < SMALL_PART * t["advmss_bytes"] * np.maximum(t.grew("data_segs_in"), 1)
    enough = facts.moved("TcpExt.DelayedACKs") >= 0.5 * int(t.grew("data_segs_out")[pairs].sum())
    return np.asarray(pairs & short & enough)


def _senders(facts: HostFacts) -> Mask:
    t = facts.t
    pairs = _in_pairs(facts, "data_segs_out", "data_segs_in")
    short = t.grew("bytes_sent") < SMALL_PART * t["snd_mss_bytes"] * np.maximum(t.grew("data_segs_out"), 1)
    waits = (t["rtt_us"] >= LEAST_WAIT_US) & (t["rtt_us"] >= TIMES_LEAST * t["min_rtt_us"]) & (t["min_rtt_us"] > 0)
    return np.asarray(pairs & short & waits)


def _describe(facts: HostFacts, group: HostGroup, *, receiver: bool) -> Finding:
    t, rows, row = facts.t, group.rows, int(group.rows[0])
    turns = int(t.grew("data_segs_out" if receiver else "data_segs_in")[rows].sum())
    values = {"place": str(group.endpoint), "count": format_count(len(rows)), "turns": format_count(turns)}
    return finding(
        facts,
        RULE,
        subject=place(group),
        rows=rows,
        confidence=0.75,
        title=msg("{place}: each message waits for a delayed ACK", **values),
        summary=msg("On {count} connections {turns} messages came in two small segments, and each second one waited for an ACK.", **values),
        hit=hit(facts, rows),
        count=turns,
        cause=msg(
            "The peer writes a message in two pieces: Nagle holds the second until the first is acknowledged, and this host delays it."
        )
        if receiver
        else msg("A program here writes a message in two pieces: Nagle holds the second until the peer's delayed ACK comes."),
        evidence=[
            reading(facts, row, "data_segs_in", "data_segs_out", "rtt_us", "min_rtt_us", "ato_us"),
            *counters(facts, "TcpExt.DelayedACKs"),
        ],
        ruled_out=[RuledOut("latency.slow_server_application", msg("two segments come for each answer"))],
        advice=latency.NAGLE_DELAYED_ACK,
    )
