"""The receiver's window is smaller than what the path could hold in a round trip.

What it sees
    In each round trip exactly one window goes out and is acknowledged at once; the sender then waits for the acknowledgements.

Why it matters
    Throughput is window divided by round trip, whatever the bandwidth: 64 KiB over 40 ms are 1.6 MB/s.

Evidence required
    The measured rate agrees with window over round trip; the sender fills the window to the last byte; acknowledgements come without
    delay and the window never closes, so the reader keeps up.

What else looks like this
    A slow reader acknowledges or makes room late (`flow.receiver_limited`).  Congestion control leaves part of the window unused.

What to do
    Remove SO_RCVBUF from the application; raise the upper limit of tcp_rmem at the receiver, and of tcp_wmem at the sender.  Where the
    window never passes 65,535 bytes, find what removes window scaling.

References
    RFC 7323 §1.1; RFC 9293 §3.8.6; ip-sysctl: tcp_rmem
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from estab.diagnose.advice import flow
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import losses, windows
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group
from estab.diagnose.finding import CounterEvidence, Finding, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import format_duration
from estab.text import format_count, msg

RULE = Rule(
    code="flow.bdp_limited",
    title=msg("The receive window is too small for this round trip"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.HANDSHAKES, Need.TIMES}),
    knobs=("tcp_rmem", "tcp_wmem", "SO_RCVBUF"),
    references=("RFC 7323 §1.1", "RFC 9293 §3.8.6"),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener and direction whose rate is window over round trip."""
    for side in (SERVER, CLIENT):
        bound = windows.held(facts, side) & windows.bound_by_product(facts, side)
        places = losses.groups(facts, bound, facts.connections.side(side).window_full_ns)
        yield from tell(places, functools.partial(_describe, facts, side=side))


def _describe(facts: Facts, group: Group, side: int) -> Finding:
    rows, row = group.rows, int(group.rows[0])
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    values = {
        "window": format_count(int(peer.window_max_bytes[row])),
        "rtt": format_duration(int(windows.path_rtt_ns(facts, side)[row])),
        "rate": format_count(int(windows.rate(facts, side)[row] / 1000)),
        "count": format_count(int(me.window_fulls[rows].sum())),
        **losses.ends(facts, group, side),
    }
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        confidence=0.8,
        summary=msg(
            "A window of {window} bytes over a round trip of {rtt} allows no more than the {rate} kB/s that were measured.", **values
        ),
        hit=hit_of(facts, rows, losses.kin(facts, row)),
        cause=msg("The receive buffer of {receiver} is limited below what the path holds in a round trip.", **values),
        evidence=[
            CounterEvidence(
                msg("{count} segments fill the window; each is acknowledged after a round trip, not later", **values),
                "window_fulls",
                0,
                int(me.window_fulls[rows].sum()),
            )
        ],
        ruled_out=[RuledOut("flow.receiver_limited", msg("the receiver acknowledges at once and its window never closed: it keeps up"))],
        remedy=flow.BDP_LIMITED.remedy,
        do_not=flow.BDP_LIMITED.do_not,
    )
