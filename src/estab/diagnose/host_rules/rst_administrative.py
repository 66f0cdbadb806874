"""Connections were destroyed from outside.

What it sees
    EstabResets and OutRsts move together, and none of the kernel's own reasons for an abort does.

Why it matters
    The program gets ECONNABORTED, its peer ECONNRESET.  Somebody did it: `ss -K`, a VPN or container that was torn down.

Evidence required
    What is left of both counters when unread data, SO_LINGER, timeouts and closed listeners are taken off.

What else looks like this
    An abort by the program itself (`rst.abort`) is counted as TCPAbortOnData.

What to do
    Ask who did it.

References
    RFC 9293 §3.10.5; net/ipv4/tcp.c tcp_abort
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.evidence.host_endings import endings, vanished
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.text import format_count, msg

RULE = Rule(
    code="rst.administrative",
    title=msg("Connections were destroyed from outside"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS, Need.SOCKETS}),
    references=("net/ipv4/tcp.c tcp_abort",),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    killed = endings(facts).killed
    gone = vanished(facts, State.ESTABLISHED, State.CLOSE_WAIT)
    if not killed or not len(gone):
        return
    yield finding(
        facts,
        RULE,
        gone=gone if len(gone) <= 2 * killed else gone[:0],
        confidence=0.55,
        summary=msg("{count} open connections were reset from here, and no program did it by itself.", count=format_count(killed)),
        cause=msg("Somebody destroyed the sockets (ss -K, SOCK_DESTROY), or an address or interface was taken away."),
        count=killed,
        evidence=counters(facts, "Tcp.EstabResets", "Tcp.OutRsts"),
        ruled_out=[
            RuledOut("rst.abort", msg("TCPAbortOnData has not moved as much")),
            RuledOut("rst.unread_data", msg("TCPAbortOnClose has not moved as much")),
        ],
    )
