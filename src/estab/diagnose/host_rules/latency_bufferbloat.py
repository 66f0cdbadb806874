"""A full queue on the way multiplies the round trip of this host's transfers.

What it sees
    Senders that are busy and held by nothing but the network, with a round trip of at least four times its least.

Why it matters
    Everything else that shares the queue waits as long.

Evidence required
    rtt and min_rtt of TCP_INFO, at least 50 ms apart, and a busy sender.

What else looks like this
    A long path has a large least round trip, too.  A receiver that holds the sender (`flow.receiver_limited`).

What to do
    A queue that manages itself before the narrow link.

References
    RFC 8289; RFC 8290; RFC 7567
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import latency
from estab.diagnose.evidence.host_limits import busy_senders
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import finding, hit, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import MICROSECOND_NS, format_duration
from estab.machine.states import State
from estab.text import format_count, msg

RULE = Rule(
    code="latency.bufferbloat",
    title=msg("A full queue on the way multiplies the round trip"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("tcp_congestion_control",),
    references=("RFC 8289", "RFC 7567"),
    yields_to=("half_open.peer_vanished", "loss.rto_backoff"),
)

TIMES, APART_US = 4, 50_000


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each peer."""
    t = facts.t
    swollen = (t["min_rtt_us"] > 0) & (t["rtt_us"] >= TIMES * t["min_rtt_us"]) & (t["rtt_us"] - t["min_rtt_us"] >= APART_US)
    busy = busy_senders(facts) & t.state(State.ESTABLISHED) & (t["retransmits"] == 0) & (t.grew("bytes_acked") > 10 * t["snd_mss_bytes"])
    for group in facts.by_peer(swollen & busy & facts.unclaimed(RULE.yields_to), t["rtt_us"]):
        row = int(group.rows[0])
        values = {
            "peer": group.endpoint.address,
            "count": format_count(len(group.rows)),
            "now": format_duration(int(t["rtt_us"][row]) * MICROSECOND_NS),
            "least": format_duration(int(t["min_rtt_us"][row]) * MICROSECOND_NS),
        }
        yield finding(
            facts,
            RULE,
            subject=place(group),
            rows=group.rows,
            confidence=0.8,
            title=msg("The round trip to {peer} has grown from {least} to {now}", **values),
            summary=msg(
                "{count} transfers to {peer} fill a queue on the way: the round trip is {now}, at its least {least}.",
                "{count} transfer to {peer} fills a queue on the way: the round trip is {now}, at its least {least}.",
                **values,
            ),
            hit=hit(facts, group.rows),
            cause=msg("The queue before the narrowest link is long, and congestion control that goes by loss fills it."),
            evidence=[reading(facts, row, "rtt_us", "min_rtt_us", "snd_cwnd_segments", "delivery_rate_bytes_per_s", "congestion")],
            ruled_out=[RuledOut("flow.receiver_limited", msg("the window did not hold the sender"))],
            advice=latency.BUFFERBLOAT,
        )
