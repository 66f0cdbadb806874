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

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import path
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence import second_syns
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group
from estab.diagnose.finding import Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import format_duration
from estab.text import format_count, msg

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
    if not in_vain.any():
        return
    worked = second_syns.asks_ecn(facts) & facts.answered & ~in_vain
    places = facts.group_by_server(in_vain)
    places = places.only(places.kin(worked) == 0)
    yield from tell(places, functools.partial(_describe, facts), severe=places.sizes >= second_syns.SEVERAL)


def _describe(facts: Facts, group: Group) -> Finding:
    rows, row, client = group.rows, int(group.rows[0]), facts.connections.client
    several = len(rows) >= second_syns.SEVERAL
    lost_ns = client.retransmit_first_ns[rows] - client.first_syn_ns[rows]
    values = {"count": format_count(len(rows)), "server": str(group.endpoint), "lost": format_duration(int(np.median(lost_ns)))}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        severity=RULE.severity if several else Severity.INFO,
        confidence=second_syns.SURE if several else second_syns.UNSURE,
        title=msg("SYNs to {server} that ask for ECN vanish", server=str(group.endpoint)),
        summary=msg("{count} SYNs to {server} with ECN were never answered, plain ones were; each attempt lost {lost}.", **values),
        hit=hit_of(facts, rows, second_syns.kin(facts, row)),
        cause=msg("A middlebox on the way takes the ECN flags of a SYN for an error or an attack."),
        evidence=[
            PacketsEvidence(
                msg("SYN with ECE and CWR, then answered without them"),
                row,
                facts.frames(row, (CLIENT, "syn_frame"), (CLIENT, "retransmit_frame"), (SERVER, "syn_frame")),
            )
        ],
        ruled_out=[
            RuledOut("handshake.syn_retransmitted", msg("no SYN that asked for ECN was answered, and plain ones were")),
            RuledOut("handshake.filtered", msg("the server answers plain SYNs")),
        ],
        remedy=path.ECN_BLACK_HOLE.remedy,
        do_not=path.ECN_BLACK_HOLE.do_not,
    )
