"""Segments to a peer are shorter than this host's link would allow.

What it sees
    The send MSS of open connections well below the path MTU less headers.

Why it matters
    A clamp or a tunnel on the way; more packets for the same data.

Evidence required
    Both numbers of TCP_INFO.

What else looks like this
    Path MTU discovery lowers the path MTU itself.

What to do
    Nothing where a tunnel is meant.

References
    RFC 9293 §3.7.1; RFC 6691
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.finding import Finding, Severity
from estab.diagnose.host_compose import finding, hit, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.text import format_count, msg

RULE = Rule(
    code="path.mss_mismatch",
    title=msg("The two ends offer different segment sizes"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    references=("RFC 9293 §3.7.1", "RFC 6691"),
    yields_to=("path.pmtu_black_hole",),
)

HEADERS_BYTES, PART = 72, 0.9
"""IPv6, TCP and timestamps: the longest usual headers."""


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each peer to which data flows."""
    t = facts.t
    room = t["pmtu_bytes"] - HEADERS_BYTES
    short = t.state(State.ESTABLISHED) & t.whole & ~t.loopback & (t["snd_mss_bytes"] < PART * room) & (t.grew("bytes_sent") > room)
    for group in facts.by_peer(short & facts.unclaimed(RULE.yields_to)):
        row = int(group.rows[0])
        values = {
            "peer": group.endpoint.address,
            "mss": format_count(int(t["snd_mss_bytes"][row])),
            "mtu": format_count(int(t["pmtu_bytes"][row])),
        }
        yield finding(
            facts,
            RULE,
            subject=place(group),
            rows=group.rows,
            confidence=0.8,
            summary=msg("Segments to {peer} carry at most {mss} bytes, though the path MTU is {mtu}.", **values),
            hit=hit(facts, group.rows),
            cause=msg("The peer, or a device that clamps the MSS, offers shorter segments."),
            evidence=[reading(facts, row, "snd_mss_bytes", "pmtu_bytes", "advmss_bytes", "rcv_mss_bytes")],
        )
