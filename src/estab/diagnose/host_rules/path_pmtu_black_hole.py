"""Full segments of this host vanish, while short ones get through: path MTU black hole.

What it sees
    Open connections that repeat a full segment and have hardly ever had one acknowledged, without an ICMP error.

Why it matters
    Handshake and small requests work; the first large answer or upload hangs.

Evidence required
    At least two timeouts of a full segment, and a peer that answers otherwise, or answered right before.

What else looks like this
    A peer that is gone (`half_open.peer_vanished`).  An ICMP error that comes through lets TCP shorten its segments.

What to do
    Let ICMP pass; clamp the MSS at the tunnel; tcp_mtu_probing=1.

References
    RFC 2923 §2.1; RFC 4821; RFC 8899
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import path
from estab.diagnose.evidence.host_routes import route_to, shown
from estab.diagnose.evidence.host_stalls import never_passed_full, quiet_before_ms, repeating
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, hit, knob, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="path.pmtu_black_hole",
    title=msg("Long packets vanish without a word: path MTU black hole"),
    severity=Severity.CRITICAL,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS, Need.COUNTERS}),
    knobs=("tcp_mtu_probing", "tcp_base_mss", "ip_no_pmtu_disc"),
    references=("RFC 2923 §2.1", "RFC 4821"),
    yields_to=("path.local_firewall_drop", "security.min_ttl_drop", "path.icmp_soft_error"),
)

TIMEOUTS, JUST_NOW_MS = 2, 1_000


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each peer."""
    t = facts.t
    long = repeating(facts, TIMEOUTS) & never_passed_full(facts) & ~t.loopback & facts.unclaimed(RULE.yields_to)
    worked = (t["bytes_acked"] > 1) | (t["bytes_received"] > 0)
    known = facts.peer_alive | (worked & (quiet_before_ms(facts) < JUST_NOW_MS)) | (t["sacked_segments"] > 0)
    for group in facts.by_peer(long & known, t["retransmits"]):
        yield _describe(facts, group)


def _describe(facts: HostFacts, group: HostGroup) -> Finding:
    t, rows, row = facts.t, group.rows, int(group.rows[0])
    proved = bool(facts.peer_alive[row]) or int(t["sacked_segments"][row]) > 0
    route = route_to(facts.after.routes, group.endpoint.address)
    locked = route is not None and "mtu" in route.locked
    values = {"peer": group.endpoint.address, "count": format_count(len(rows)), "mss": format_count(int(t["snd_mss_bytes"][row]))}
    return finding(
        facts,
        RULE,
        subject=place(group),
        rows=rows,
        severity=Severity.CRITICAL if proved else Severity.WARNING,
        confidence=0.85 if proved else 0.6,
        title=msg("Long packets to {peer} vanish", **values),
        summary=msg(
            "{count} connections to {peer} repeat segments of {mss} bytes, none of which ever arrived; short ones did.",
            "{count} connection to {peer} repeats segments of {mss} bytes, none of which ever arrived; short ones did.",
            **values,
        ),
        hit=hit(facts, rows),
        cause=msg("A link on the way is narrower than the route says, and its mtu is locked: ICMP errors that say so are not heeded.")
        if locked
        else msg(
            "A link on the way is narrower than the path MTU that this host assumes, and the ICMP error that would say so is dropped."
        ),
        evidence=[
            reading(facts, row, "snd_mss_bytes", "pmtu_bytes", "bytes_acked", "unacked_segments", "retransmits", "send_queue"),
            *counters(facts, "TcpExt.TCPTimeouts", "Tcp.RetransSegs"),
            *knob(facts, "tcp_mtu_probing"),
            *([shown(route)] if route is not None and locked else ()),
        ],
        ruled_out=[
            RuledOut("path.pmtu_reduced", msg("no ICMP error came")),
            RuledOut(
                "half_open.peer_vanished", msg("the peer's host answers other segments") if proved else msg("it answered right before")
            ),
        ],
        advice=path.PMTU_BLACK_HOLE,
    )
