"""SYNs for four-tuples in TIME-WAIT are turned away, because their timestamps are old.

What it sees
    PAWSTimewait moves.

Why it matters
    The client sees an ACK instead of a SYN-ACK and tries again about 1 s later.

Evidence required
    The counter (Linux 6.13 and later; older kernels count it with PAWSEstab).

What else looks like this
    An ACK of the connection itself that a later FIN has overtaken has an older timestamp, too: on a busy host one of many connections ends
    so, and nobody is turned away.  A SYN with a newer timestamp is taken at once: that is normal reuse.

What to do
    A NAT must not give a port to another host within 60 s.

References
    RFC 6191; RFC 7323 §5; net/ipv4/tcp_minisocks.c
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import timewait
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="timewait.syn_collision",
    title=msg("SYNs with old timestamps meet TIME-WAIT"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS}),
    knobs=("tcp_timestamps",),
    references=("RFC 6191", "RFC 7323 §5"),
)

SEVERAL, PART = 3, 0.05
"""Of the connections that end in TIME-WAIT meanwhile so many have no segment that came late."""


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    turned_away = facts.moved("TcpExt.PAWSTimewait")
    if turned_away > PART * facts.moved("TcpExt.TW"):
        yield finding(
            facts,
            RULE,
            severity=Severity.WARNING if turned_away >= SEVERAL else Severity.INFO,
            confidence=0.75,
            summary=msg(
                "{count} segments for connections in TIME-WAIT had a timestamp older than the connection.", count=format_count(turned_away)
            ),
            cause=msg("Several hosts behind one NAT share address and port, and their clocks of timestamps differ."),
            count=turned_away,
            evidence=counters(facts, "TcpExt.PAWSTimewait"),
            ruled_out=[RuledOut("handshake.filtered", msg("this host answered, with an ACK"))],
            advice=timewait.SYN_COLLISION,
        )
