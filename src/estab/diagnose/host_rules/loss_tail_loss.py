"""Last segments of bursts were probed for.

What it sees
    TCPLossProbes moves further than the reports of segments that arrived twice (TCPDSACKRecv).

Why it matters
    The end of an answer came about two round trips late instead of one timeout.

Evidence required
    Several probes within the interval that were not answered with a D-SACK.

What else looks like this
    A busy peer that answers late is probed too: nothing was lost, and each of its answers carries a D-SACK.  A probe with new data is no
    retransmission.  Timeouts (`loss.rto`) are longer waits.

What to do
    Nothing; keep SACK on.

References
    RFC 8985 §7
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import loss
from estab.diagnose.finding import Finding, Severity
from estab.diagnose.host_compose import counters, finding
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="loss.tail_loss",
    title=msg("The last segment of a burst was lost"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS}),
    references=("RFC 8985 §7",),
    yields_to=(
        "half_open.peer_vanished",
        "middlebox.idle_timeout",
        "path.pmtu_black_hole",
        "handshake.fake_established",
        "loss.rto_backoff",
    ),
)

SEVERAL = 3
UNDER_WAY = 10
"""One probe in so many may have an answer that was still on its way at the second reading."""


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    probes = min(facts.moved("TcpExt.TCPLossProbes"), facts.moved("Tcp.RetransSegs"))
    lost = max(facts.moved("TcpExt.TCPLossProbeRecovery"), probes - facts.moved("TcpExt.TCPDSACKRecv"))
    if lost < max(SEVERAL, probes // UNDER_WAY) or facts.found(*RULE.yields_to):
        return
    yield finding(
        facts,
        RULE,
        confidence=0.75,
        summary=msg("{count} times the last segment of a burst arrived only when a probe repeated it.", count=format_count(lost)),
        cause=msg("The last segment was lost; nothing behind it told so, and the probe came about two round trips later."),
        count=lost,
        evidence=counters(facts, "TcpExt.TCPLossProbes", "TcpExt.TCPLossProbeRecovery", "TcpExt.TCPDSACKRecv"),
        advice=loss.TAIL_LOSS,
    )
