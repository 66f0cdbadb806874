"""Something drops SYNs that ask for ECN.

What it sees
    The first SYN carries ECE and CWR and is never answered; the repeated one, without them, is answered at once.

Why it matters
    Each connection takes a second longer to open.

Evidence required
    Several attempts with the same course to one server, and none that asked for ECN and was answered at its first SYN.  One alone may be a
    SYN that was lost by chance.

What else looks like this
    An ordinary loss of a SYN (`handshake.syn_retransmitted`): then ECN is not to blame, and attempts without ECN suffer as well.

What to do
    Correct the middlebox that drops them.  Until then ask for ECN only in answers (tcp_ecn=2, the default).

References
    RFC 3168 §6.1.1.1; RFC 8311; ip-sysctl: tcp_ecn, tcp_ecn_fallback
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import path
from estab.diagnose.evidence import second_syns
from estab.diagnose.evidence.second_syns import Words
from estab.diagnose.facts import Facts
from estab.diagnose.finding import Finding, Severity
from estab.diagnose.rule import Need, Rule, Source
from estab.text import msg

RULE = Rule(
    code="path.ecn_black_hole",
    title=msg("SYNs that ask for ECN vanish"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.HANDSHAKES, Need.TIMES}),
    knobs=("tcp_ecn", "tcp_ecn_fallback"),
    references=("RFC 3168 §6.1.1.1", "RFC 8311"),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener that SYNs asking for ECN never reach."""
    in_vain = second_syns.asked_ecn_in_vain(facts)
    worked = second_syns.asks_ecn(facts) & facts.answered & ~in_vain
    yield from second_syns.black_holes(facts, RULE, in_vain, worked, _words)


def _words(values: dict[str, object]) -> Words:
    return Words(
        title=msg("SYNs to {server} that ask for ECN vanish", server=values["server"]),
        summary=msg(
            "{count} SYNs to {server} with ECN were never answered, plain ones were; each attempt lost {lost}.",
            "{count} SYN to {server} with ECN was never answered, plain ones were; the attempt lost {lost}.",
            **values,
        ),
        cause=msg("A middlebox on the way takes the ECN flags of a SYN for an error or an attack."),
        course=msg("SYN with ECE and CWR, then answered without them"),
        no_chance=msg("no SYN that asked for ECN was answered, and plain ones were"),
        remedy=path.ECN_BLACK_HOLE.remedy,
        do_not=path.ECN_BLACK_HOLE.do_not,
    )
