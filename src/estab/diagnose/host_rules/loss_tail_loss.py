"""Last segments of bursts were probed for.

What it sees
    TCPLossProbes moves.

Why it matters
    The end of an answer came about two round trips late instead of one timeout.

Evidence required
    The counter, several times within the interval.

What else looks like this
    Timeouts (`loss.rto`) are longer waits.

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


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    probes = facts.moved("TcpExt.TCPLossProbes")
    if probes >= SEVERAL and not facts.found(*RULE.yields_to):
        yield finding(
            facts,
            RULE,
            confidence=0.75,
            summary=msg("{count} probes were sent for the last segment of a burst.", count=format_count(probes)),
            cause=msg("The last segment, or its ACK, was lost or late; the probe comes two round trips later."),
            count=probes,
            evidence=counters(facts, "TcpExt.TCPLossProbes", "TcpExt.TCPLossProbeRecovery"),
            advice=loss.TAIL_LOSS,
        )
