"""Nagle's algorithm at one end waits for the delayed ACK of the other: about 40 ms for each message.

What it sees
    As the receiver: connections that get two small segments for each answer and send an ACK of its own for each, while DelayedACKs moves in
    step.  As the sender: two small segments for each message, an ACK of its own for each, a round trip far above its least.  Either at a
    pace of at most 25 messages a second.

Why it matters
    A request takes 40 ms (200 ms on other systems) instead of a fraction of one.

Evidence required
    The counts of segments on one connection, and the counter.  As often as the pace lets expect the two readings have met the wait
    itself.  At the receiver: the first half came and was read, and nothing has been sent since.  At the sender: bytes not sent behind one
    segment not acknowledged.  Where too few messages came for that, it is a note.

What else looks like this
    A slow program: there one segment comes for each answer, and the ACK is delayed all the same.  A busy host whose peer writes
    header and body at once: both segments are there, unread or answered, when the ACK is sent for both.

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
from estab.diagnose.host_table import Column, Mask
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

LEAST_TURNS, SMALL_PART, ACKED_PART = 5, 0.5, 0.8
SHORTEST_WAIT_MS = 40
"""The shortest delay of an ACK (TCP_ATO_MIN, include/net/tcp.h)."""
PACE_PER_S = 26.0
"""With such a wait in each, no connection exchanges more messages in a second."""
LEAST_WAIT_US, TIMES_LEAST = 15_000, 8
TICK_MS = 4
"""How coarse the kernel's clocks of a connection may be (jiffies at 250 Hz)."""
MET_PART = 0.3
"""The wait must be met at least at this part of the moments at which the pace lets expect it."""


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each place at which this host delays the ACK, one for each at which it waits for one."""
    for receiver, masks in ((True, (_receivers(facts), _half_read(facts))), (False, (_senders(facts), _held_back(facts)))):
        mask, met = masks
        turns = facts.t.grew("data_segs_out" if receiver else "data_segs_in")
        for group in facts.by_place(mask, turns):
            expected = 2 * float(np.minimum(1.0, turns[group.rows] * SHORTEST_WAIT_MS / 1000 / facts.interval_s).sum())
            often = int(met[group.rows].sum())
            if expected < 1 or often >= max(1.0, MET_PART * expected):
                yield _describe(facts, group, receiver=receiver, met=often > 0)


def _in_pairs(facts: HostFacts, direction: str, other: str) -> Mask:
    """Two segments one way for each one the other way and an ACK of its own, slowly, on connections that live."""
    t = facts.t
    many, turns = t.grew(f"data_segs_{direction}"), t.grew(f"data_segs_{other}")
    pairs = (turns >= LEAST_TURNS) & (many >= 1.8 * turns) & (many <= 2.5 * turns)
    pairs &= t.grew(f"segs_{other}") - turns >= ACKED_PART * turns
    return np.asarray(pairs & (turns <= PACE_PER_S * facts.interval_s) & t.state(State.ESTABLISHED))


def _receivers(facts: HostFacts) -> Mask:
    t = facts.t
    pairs = _in_pairs(facts, "in", "out")
    short = t.grew("bytes_received") < SMALL_PART * t["advmss_bytes"] * np.maximum(t.grew("data_segs_in"), 1)
    enough = facts.moved("TcpExt.DelayedACKs") >= ACKED_PART * int(t.grew("data_segs_out")[pairs].sum())
    return np.asarray(pairs & short & enough)


def _half_read(facts: HostFacts) -> Column:
    """At how many of the two moments something had come last and had been read, so lately that its ACK may still be delayed.

    What is sent again at once bears the same time as what came before it, but is not acknowledged yet.
    """
    t = facts.t
    met = np.zeros(t.count, np.int64)
    for column in (t.__getitem__, t.was):
        came_ms, fresh = column("last_data_recv_ms"), column("ato_us") // 1000 + TICK_MS
        read = (column("recv_queue") == 0) & (column("unacked_segments") == 0)
        met += read & (came_ms <= column("last_data_sent_ms")) & (came_ms <= fresh) & t.stayed
    return met


def _senders(facts: HostFacts) -> Mask:
    t = facts.t
    pairs = _in_pairs(facts, "out", "in")
    short = t.grew("bytes_sent") < SMALL_PART * t["snd_mss_bytes"] * np.maximum(t.grew("data_segs_out"), 1)
    waits = (t["rtt_us"] >= LEAST_WAIT_US) & (t["rtt_us"] >= TIMES_LEAST * t["min_rtt_us"]) & (t["min_rtt_us"] > 0)
    return np.asarray(pairs & short & waits)


def _held_back(facts: HostFacts) -> Column:
    """At how many of the two moments a second segment stayed behind one that was not acknowledged yet."""
    t = facts.t
    met = np.zeros(t.count, np.int64)
    for column in (t.__getitem__, t.was):
        met += (column("notsent_bytes") > 0) & (column("unacked_segments") == 1)
    return met


def _describe(facts: HostFacts, group: HostGroup, *, receiver: bool, met: bool) -> Finding:
    t, rows, row = facts.t, group.rows, int(group.rows[0])
    turns = int(t.grew("data_segs_out" if receiver else "data_segs_in")[rows].sum())
    values = {"place": str(group.endpoint), "count": format_count(len(rows)), "turns": format_count(turns)}
    return finding(
        facts,
        RULE,
        subject=place(group),
        rows=rows,
        severity=Severity.WARNING if met else Severity.INFO,
        confidence=0.8 if met else 0.5,
        title=msg("{place}: each message waits for a delayed ACK", **values) if met else None,
        summary=msg("On {count} connections {turns} messages came in two small segments, and each second one waited for an ACK.", **values)
        if met
        else msg("On {count} connections {turns} messages came in two small segments, with an ACK for each that was late.", **values),
        hit=hit(facts, rows),
        count=turns,
        cause=msg("Probably Nagle's algorithm holds each second segment until the delayed ACK of the first; none was met waiting.")
        if not met
        else msg(
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
