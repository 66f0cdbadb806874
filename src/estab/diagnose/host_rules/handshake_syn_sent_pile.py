"""Many attempts of this host wait for one destination that does not answer.

What it sees
    At least 20 sockets in SYN-SENT to one address and port.

Why it matters
    A dependency is dead, and each of its users waits up to 131 s: threads, descriptors and ports are tied up.

Evidence required
    The number, and that their SYNs were sent again or were there before.

What else looks like this
    Few attempts are `handshake.filtered`.  Many destinations, one attempt each, are a scan (`attack.port_scan`).

What to do
    Time limits for connect(), a circuit breaker; bring the dependency back.

References
    RFC 9293 §3.8.1; Documentation/networking/ip-sysctl.rst tcp_syn_retries
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import handshake
from estab.diagnose.evidence.host_opening import PILE, syn_sent
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, hit, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="handshake.syn_sent_pile",
    title=msg("Connection attempts pile up at a dead destination"),
    severity=Severity.WARNING,
    seen_from=Source.LIVE,
    needs=frozenset({Need.SOCKETS}),
    knobs=("tcp_syn_retries",),
    references=("RFC 9293 §3.8.1",),
    yields_to=("attack.port_scan", "path.local_firewall_drop", "path.neighbour_failure"),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each such destination."""
    t = facts.t
    for group in facts.by_place(syn_sent(facts) & facts.unclaimed(RULE.yields_to), t["timer_retries"]):
        waiting = (t["timer_retries"][group.rows] >= 1) | t.stayed[group.rows]
        if len(group.rows) < PILE or 2 * int(waiting.sum()) < len(group.rows):
            continue
        values = {"server": str(group.endpoint), "count": format_count(len(group.rows))}
        yield finding(
            facts,
            RULE,
            subject=place(group),
            rows=group.rows,
            confidence=0.9,
            title=msg("{count} attempts to connect to {server} wait for an answer", **values),
            summary=msg(
                "{count} sockets are in SYN-SENT towards {server}, and their SYNs are sent again.",
                "{count} socket is in SYN-SENT towards {server}, and its SYN is sent again.",
                **values,
            ),
            hit=hit(facts, group.rows, facts.count),
            cause=msg("The destination is down or filtered, and the program goes on trying without a limit."),
            evidence=[
                reading(facts, int(group.rows[0]), "timer_retries", "timer_expires_ms"),
                *counters(facts, "Tcp.ActiveOpens", "TcpExt.TCPSynRetrans"),
            ],
            ruled_out=[RuledOut("attack.port_scan", msg("all of them lead to one address and port"))],
            advice=handshake.SYN_SENT_PILE,
        )
