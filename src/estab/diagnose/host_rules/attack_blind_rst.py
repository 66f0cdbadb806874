"""RSTs that are nearly right hit open connections of this host.

What it sees
    Challenge ACKs that were not drawn by a SYN.

Why it matters
    Somebody guesses sequence numbers; one exact guess ends the connection.

Evidence required
    TCPChallengeACK without TCPSYNChallenge, several within the interval, and no connection that was reset.

What else looks like this
    A single one comes from an old RST, or from an ACK out of bounds (`info.challenge_ack`).  SYNs are `attack.blind_syn`.

What to do
    Unpredictable ports, TCP-AO or IPsec for long-lived sessions.

References
    RFC 5961 §3, §5; RFC 9293 §3.10.7.4
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import attack
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="attack.blind_rst",
    title=msg("Forged RSTs miss a connection"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS}),
    references=("RFC 5961 §3", "RFC 9293 §3.10.7.4"),
)

SEVERAL = 5


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    challenged = facts.moved("TcpExt.TCPChallengeACK", "TcpExt.TCPACKSkippedChallenge") - facts.moved("TcpExt.TCPSYNChallenge")
    if challenged < SEVERAL:
        return
    yield finding(
        facts,
        RULE,
        confidence=0.6,
        summary=msg(
            "{count} segments drew a challenge ACK, and none of them was a SYN.",
            "{count} segment drew a challenge ACK, and it was no SYN.",
            count=format_count(challenged),
        ),
        cause=msg(
            "RSTs whose sequence number lies in the window but is not the expected one, or ACKs of what was never sent: somebody guesses."
        ),
        count=challenged,
        evidence=counters(facts, "TcpExt.TCPChallengeACK", "TcpExt.TCPACKSkippedChallenge"),
        ruled_out=[RuledOut("attack.blind_syn", msg("TCPSYNChallenge has not moved as much"))],
        advice=attack.BLIND_RST,
    )
