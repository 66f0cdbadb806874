"""The host has nearly as many orphaned sockets as it may have.

What it sees
    Sockets that no process holds and that still have something to send, against tcp_max_orphans.  Both count for the whole HOST.

Why it matters
    Beyond the limit connections are reset instead of closed.

Evidence required
    The gauge of sockstat against the setting; TCPAbortOnMemory, which counts those that were reset.

What else looks like this
    TIME-WAIT and closed FIN-WAIT-2 are no orphans: they are small entries.

What to do
    Cure the pile of FIN-WAIT-1 or LAST-ACK first.

References
    Documentation/networking/ip-sysctl.rst tcp_max_orphans; net/ipv4/tcp.c tcp_check_oom
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import close
from estab.diagnose.finding import CounterEvidence, Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, knob
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="close.orphan_limit",
    title=msg("Orphaned sockets near their limit"),
    severity=Severity.CRITICAL,
    seen_from=Source.LIVE,
    needs=frozenset({Need.COUNTERS, Need.KNOBS}),
    knobs=("tcp_max_orphans", "tcp_orphan_retries"),
    references=("ip-sysctl: tcp_max_orphans",),
)

WARN, SEVERE = 0.25, 0.5
"""Under memory pressure an orphan counts double, and long-lived ones four times (net/ipv4/tcp.c): half of the limit may be all of it."""


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    orphans, limit = facts.reading("Sockstat.TCP.orphan"), facts.number("tcp_max_orphans", 0)
    if not limit or orphans < WARN * limit:
        return
    values = {"orphans": format_count(orphans), "limit": format_count(limit), "percent": f"{100 * orphans / limit:.0f}"}
    yield finding(
        facts,
        RULE,
        severity=Severity.CRITICAL if orphans >= SEVERE * limit else Severity.WARNING,
        confidence=0.95,
        summary=msg(
            "{orphans} sockets of the whole host belong to no process and still have something to send: {percent} % of {limit}.",
            "{orphans} socket of the whole host belongs to no process and still has something to send: {percent} % of {limit}.",
            **values,
        ),
        cause=msg("Peers vanish or stop reading while this host closes; each such socket lives about 100 s."),
        count=orphans,
        evidence=[
            CounterEvidence(msg("orphans of the whole host: {orphans}", **values), "Sockstat.TCP.orphan", 0, orphans),
            *counters(facts, "TcpExt.TCPAbortOnMemory"),
            *knob(facts, "tcp_max_orphans"),
        ],
        ruled_out=[RuledOut("timewait.pileup", msg("TIME-WAIT entries are not counted here"))],
        advice=close.ORPHAN_LIMIT,
    )
