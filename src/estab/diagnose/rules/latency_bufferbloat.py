"""A bulk transfer fills a queue on the way: round trips grow to a multiple while nothing is lost.

What it sees
    Beside the sender of a large transfer: the mean round trip of its data is four times the least one and more, by 100 ms at least.

Why it matters
    Everyone who shares the queue waits as long: calls stutter, pages crawl, although bandwidth is not short of what was bought.

Evidence required
    Many samples of full-size data from one connection, a receiver whose window is open, and a sender that kept much under way.

What else looks like this
    A long path has a high least round trip as well.  A slow reader makes room late (`flow.receiver_limited`).  Delayed acknowledgements of
    small messages.

What to do
    Manage the queue at the bottleneck: fq_codel or cake with the right rate.

References
    RFC 8289; RFC 8290; RFC 7567
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import latency
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import losses, windows
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group, Mask
from estab.diagnose.finding import CounterEvidence, Finding, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import MILLISECOND_NS, format_duration
from estab.text import format_count, msg

RULE = Rule(
    code="latency.bufferbloat",
    title=msg("A full queue on the way multiplies the round trip"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.HANDSHAKES, Need.TIMES}),
    references=("RFC 8289", "RFC 8290", "RFC 7567"),
)

TIMES = 4
NOTICED_NS = 100 * MILLISECOND_NS
SAMPLES = 15
SEGMENTS = 200
FULL_SIZE = 0.8
UNDER_WAY = 20


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener and direction whose transfers fill a queue."""
    for side in (SERVER, CLIENT):
        places = losses.groups(facts, _bloated(facts, side), facts.connections.side(side).rtt_sum_ns)
        yield from tell(places, functools.partial(_describe, facts, side=side))


def _bloated(facts: Facts, side: int) -> Mask:
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    mean_ns = me.rtt_sum_ns / np.maximum(me.rtt_samples, 1)
    grown = (mean_ns >= TIMES * me.rtt_min_ns) & (mean_ns - me.rtt_min_ns >= NOTICED_NS) & (me.rtt_min_ns > 0) & (me.rtt_samples >= SAMPLES)
    mss = np.where(peer.mss > 0, peer.mss, 1460)
    bulk = (me.payload_bytes >= SEGMENTS * mss) & (me.small_segments * 10 <= me.data_packets) & (me.flight_max_bytes >= UNDER_WAY * mss)
    full = me.payload_bytes >= FULL_SIZE * 0.9 * mss * me.data_packets
    prompt = (peer.zero_windows == 0) & ~windows.held(facts, side)
    beside_sender = me.rtt_min_ns >= peer.rtt_min_ns
    return np.asarray(grown & bulk & full & prompt & beside_sender & ~facts.one_way)


def _describe(facts: Facts, group: Group, side: int) -> Finding:
    rows, row, me = group.rows, int(group.rows[0]), facts.connections.side(side)
    mean_ns = int(me.rtt_sum_ns[row]) // max(int(me.rtt_samples[row]), 1)
    values = {
        "least": format_duration(int(me.rtt_min_ns[row])),
        "mean": format_duration(mean_ns),
        "most": format_duration(int(me.rtt_max_ns[row])),
        "samples": format_count(int(me.rtt_samples[row])),
        "flight": format_count(int(me.flight_max_bytes[row])),
        **losses.ends(facts, group, side),
    }
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        confidence=0.8,
        title=msg("A full queue between {sender} and {receiver} multiplies the round trip", **values),
        summary=msg(
            "While {sender} was sending at full speed the round trip rose from {least} to {mean} on average and {most} at most.", **values
        ),
        hit=hit_of(facts, rows, losses.kin(facts, row)),
        cause=msg("A queue before the narrowest link is large and always full: it adds waiting, not throughput."),
        evidence=[
            CounterEvidence(
                msg("{samples} round trips of data measured: {least} to {most}; up to {flight} bytes under way", **values),
                "rtt_samples",
                0,
                int(me.rtt_samples[row]),
            )
        ],
        ruled_out=[
            RuledOut("flow.receiver_limited", msg("the receiver's window was open")),
            RuledOut("latency.slow_server_application", msg("these are acknowledgements of the kernel; no application delays them")),
        ],
        remedy=latency.BUFFERBLOAT.remedy,
        do_not=latency.BUFFERBLOAT.do_not,
    )
