"""SYNs of this host that ask for ECN vanish.

What it sees
    tcp_ecn=1, and new connections without ECN whose SYN had to be sent again.

Why it matters
    Each connect() takes a second longer.

Evidence required
    The setting, the sockets, TCPSynRetrans.

What else looks like this
    A SYN lost by chance; without ECN the second one would be the same.

What to do
    Repair the device; until then tcp_ecn=2.

References
    RFC 3168 §6.1.1.1; Documentation/networking/ip-sysctl.rst tcp_ecn, tcp_ecn_fallback
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import path
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, hit, knob, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.snapshot import TcpOption
from estab.text import format_count, msg

RULE = Rule(
    code="path.ecn_black_hole",
    title=msg("SYNs that ask for ECN vanish"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS, Need.SOCKETS, Need.KNOBS}),
    knobs=("tcp_ecn", "tcp_ecn_fallback"),
    references=("RFC 3168 §6.1.1.1",),
)

SEVERAL = 2


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each destination."""
    if facts.number("tcp_ecn", 2) != 1 or not facts.moved("TcpExt.TCPSynRetrans"):
        return
    t = facts.t
    syn_again = (t["total_retrans"] > 0) & (t["bytes_retrans"] == 0)
    plain = t.whole & t.outbound & t.is_new & t.state(State.ESTABLISHED) & syn_again & ~t.has_option(TcpOption.ECN)
    for group in facts.by_place(plain):
        values = {"place": str(group.endpoint), "count": format_count(len(group.rows))}
        yield finding(
            facts,
            RULE,
            subject=place(group),
            rows=group.rows,
            severity=Severity.WARNING if len(group.rows) >= SEVERAL else Severity.INFO,
            confidence=0.75,
            summary=msg("{count} connections to {place} came about only by a second SYN, without ECN.", **values),
            hit=hit(facts, group.rows),
            cause=msg("A device on the way drops SYNs that ask for ECN; the repetition does not ask (tcp_ecn_fallback)."),
            evidence=[
                reading(facts, int(group.rows[0]), "total_retrans", "options"),
                *counters(facts, "TcpExt.TCPSynRetrans"),
                *knob(facts, "tcp_ecn"),
            ],
            ruled_out=[RuledOut("handshake.filtered", msg("the SYN without ECN was answered"))],
            advice=path.ECN_BLACK_HOLE,
        )
