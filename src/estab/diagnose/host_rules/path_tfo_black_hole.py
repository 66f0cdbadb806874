"""SYNs with data of this host vanish (Fast Open).

What it sees
    TCPFastOpenActiveFail moves; sockets that noted a failed Fast Open.

Why it matters
    Each connect() takes a second longer.

Evidence required
    The counter, several times.

What else looks like this
    Loss of any SYN is repeated as well (`handshake.filtered`), without this counter.

What to do
    Turn Fast Open off for that destination.

References
    RFC 7413 §4.1.3, §7.1
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import path
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import THIS_HOST, counters, finding, place
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import NO_ROWS
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="path.tfo_black_hole",
    title=msg("SYNs that carry data vanish"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS, Need.SOCKETS}),
    knobs=("tcp_fastopen", "tcp_fastopen_blackhole_timeout_sec"),
    references=("RFC 7413 §4.1.3",),
)

SEVERAL = 2


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host, at the destination of a socket that noted it."""
    failed, off = facts.moved("TcpExt.TCPFastOpenActiveFail"), facts.moved("TcpExt.TCPFastOpenBlackhole")
    if not failed + off:
        return
    t = facts.t
    groups = facts.by_place(t.whole & t.outbound & t.is_new & (t["fastopen_client_fail"] > 0))
    values = {"count": format_count(failed), "off": format_count(off)}
    yield finding(
        facts,
        RULE,
        subject=place(groups[0]) if groups else THIS_HOST,
        rows=groups[0].rows if groups else NO_ROWS,
        severity=Severity.WARNING if failed >= SEVERAL or off else Severity.INFO,
        confidence=0.85,
        summary=msg("{count} attempts with Fast Open failed and had to be made again without it.", **values),
        cause=msg("A device on the way drops SYNs that carry data, or an option that it does not know."),
        count=max(failed, 1),
        evidence=counters(facts, "TcpExt.TCPFastOpenActiveFail", "TcpExt.TCPFastOpenBlackhole", "TcpExt.TCPSynRetrans"),
        ruled_out=[RuledOut("handshake.filtered", msg("the same SYN without data was answered"))],
        advice=path.TFO_BLACK_HOLE,
    )
