"""Lost segments were repaired at once.

What it sees
    TCPFastRetrans moves.

Why it matters
    The repair took about one round trip; nobody waited for a timer.

Evidence required
    The counter, and more repetitions than the peer can have had twice: the ACK that says so (D-SACK) may be lost, or be on its way.

What else looks like this
    Repetitions after a timeout (`loss.rto`).

What to do
    Nothing; the loss itself is `loss.retransmission`.

References
    RFC 5681 §3.2; RFC 6675; RFC 8985
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.finding import Finding, Severity
from estab.diagnose.host_compose import counters, finding
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="loss.fast_retransmit",
    title=msg("Lost segments were repaired at once"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS}),
    references=("RFC 5681 §3.2", "RFC 8985"),
    yields_to=("loss.retransmission", "order.out_of_order", "path.local_qdisc_drop"),
)


UNSAID_PART = 0.05
"""So many of the repetitions in vain may lack their D-SACK: ACKs are not repeated, and one may answer two segments."""


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    in_vain = facts.moved("TcpExt.TCPDSACKRecv")  # what the peer had twice was not lost
    again = facts.left("TcpExt.TCPFastRetrans") - in_vain
    if again > UNSAID_PART * in_vain:
        yield finding(
            facts,
            RULE,
            confidence=0.9,
            summary=msg("{count} segments were sent again without waiting for a timer.", count=format_count(again)),
            cause=msg("SACK showed gaps, and they were filled within about one round trip."),
            count=again,
            evidence=counters(facts, "TcpExt.TCPFastRetrans", "TcpExt.TCPDSACKRecv", "TcpExt.TCPSackRecovery", "TcpExt.TCPRenoRecovery"),
        )
