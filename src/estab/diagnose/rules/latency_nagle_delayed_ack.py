"""Nagle's algorithm waits for an ACK that the other side delays.

What it sees
    A side sends a small segment, then nothing until the other's delayed ACK comes, and at once after it the next small segment; again
    and again.

Why it matters
    Each such exchange costs the time of a delayed ACK, 40 ms on Linux and up to 200 ms elsewhere, on a network that needs
    a fraction of that.

Evidence required
    At least five such waits of a sender whose segments are small, and how much time they cost together.

What else looks like this
    Bulk data: its segments are full.  A slow program: it does not send at the very moment when the ACK comes.  A closed window, or a
    congestion window that is too small, hold back full segments.

What to do
    Write a message in one call; set TCP_NODELAY.

References
    RFC 896; RFC 9293 §3.7.4, §3.8.6.3; RFC 1122 §4.2.3.2
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import latency
from estab.diagnose.compose import finding, hit_of
from estab.diagnose.evidence.places import Place, places
from estab.diagnose.facts import CLIENT, SERVER, Facts, Mask
from estab.diagnose.finding import CounterEvidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import MILLISECOND_NS, format_duration
from estab.text import format_count, msg

RULE = Rule(
    code="latency.nagle_delayed_ack",
    title=msg("Nagle's algorithm waits for delayed ACKs"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.TIMES, Need.BOTH_DIRECTIONS}),
    knobs=("TCP_NODELAY", "TCP_QUICKACK", "TCP_CORK"),
    references=("RFC 896", "RFC 9293 §3.7.4", "RFC 9293 §3.8.6.3"),
    yields_to=("flow.zero_window", "flow.receiver_limited"),
)

STALLS = 5
OPTIONS_BYTES = 40
"""What TCP options take of a full segment at the most; Nagle's algorithm holds back only what is not full."""
UNKNOWN_MSS = 1_040
"""Where no MSS was seen."""
LONGEST_STALL_NS = 600 * MILLISECOND_NS
"""RFC 9293 §3.8.6.3 allows an ACK to be delayed by 500 ms."""
LARGE_SHARE = 0.1
"""Of the connection's time."""


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener that waits so, and one for the clients of each."""
    for side in (CLIENT, SERVER):
        found_at = places(facts, _stalled(facts, side) & facts.unclaimed(RULE.yields_to), side)
        large = found_at.largest(facts.connections.side(side).stall_ns >= LARGE_SHARE * np.maximum(facts.duration_ns, 1))
        yield from tell(found_at, functools.partial(_describe, facts, side=side), severe=large)


def _stalled(facts: Facts, side: int) -> Mask:
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    full = np.where(peer.mss > 0, peer.mss, UNKNOWN_MSS) - OPTIONS_BYTES
    small = (me.small_segments >= me.stalls) | (me.max_payload < full)  # a transfer sends full segments, and waits for other things
    plausible = me.stall_ns <= me.stalls * np.int64(LONGEST_STALL_NS)
    return np.asarray((me.stalls >= STALLS) & small & plausible & ~facts.one_way)


def _describe(facts: Facts, place: Place, side: int) -> Finding:
    me = facts.connections.side(side)
    rows = place.rows[np.argsort(-me.stall_ns[place.rows], kind="stable")]
    row, stalls, total_ns = int(rows[0]), int(me.stalls[rows].sum()), int(me.stall_ns[rows].sum())
    large = bool((me.stall_ns[rows] >= LARGE_SHARE * np.maximum(facts.duration_ns[rows], 1)).any())
    values = {"count": format_count(len(rows)), "name": place.name, "stalls": format_count(stalls), "total": format_duration(total_ns)}
    values |= {"each": format_duration(total_ns // stalls)}
    return finding(
        facts,
        RULE,
        subject=place.subject,
        rows=rows,
        severity=RULE.severity if large else Severity.INFO,
        confidence=0.9 if large else 0.7,
        title=msg("Small writes of {name} wait for delayed ACKs", name=place.name),
        summary=msg(
            "{stalls} times on {count} connections {name} held back a small segment for a delayed ACK, {each} each, {total} in all.",
            **values,
        ),
        hit=hit_of(facts, rows, place.kin),
        cause=msg(
            "The program writes a message in small pieces and then reads; Nagle's algorithm holds the next until the first is acknowledged."
        ),
        evidence=[
            CounterEvidence(msg("{stalls} waits of {each} on average, ended by the ACK", **values), "stalls", 0, stalls),
            PacketsEvidence(msg("one such connection"), row, facts.frames(row, (side, "first_frame"), (side, "last_frame"))),
        ],
        ruled_out=[
            RuledOut("latency.slow_server_application", msg("the waits end with the ACK and not when a program chooses")),
            RuledOut("loss.retransmission", msg("nothing was sent again to end the waits")),
        ],
        remedy=latency.NAGLE_DELAYED_ACK.remedy,
        do_not=latency.NAGLE_DELAYED_ACK.do_not,
    )
