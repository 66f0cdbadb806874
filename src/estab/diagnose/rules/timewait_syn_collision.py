"""A SYN met a TIME-WAIT and looked older than the connection before.

What it sees
    A SYN on a four-tuple that both ends had closed shortly before, answered by a bare ACK; the client's RST; and the SYN again.

Why it matters
    The connect takes longer, about a second where the client's system waits for its timer, and now and then it fails.

Evidence required
    The close of the connection before, the SYN, the ACK about that connection, and the client's RST.  Fewer than three are a note.

What else looks like this
    Where the connection before had not been closed it is `timewait.stale_tuple`.  A SYN that the server takes at once is
    `timewait.tuple_reused`.

What to do
    Let a NAT hold its ports longer; let the system choose source ports.

References
    RFC 6191; RFC 7323 §5; RFC 9293 §3.10.7.4; net/ipv4/tcp_minisocks.c tcp_timewait_state_process
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from estab.diagnose.advice import timewait
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence.attempts import attempts_like
from estab.diagnose.evidence.second_lives import challenged, detour, in_time_wait
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group
from estab.diagnose.finding import Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="timewait.syn_collision",
    title=msg("SYNs that look old meet TIME-WAIT"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.HANDSHAKES}),
    knobs=("tcp_timestamps",),
    references=("RFC 6191", "RFC 7323 §5"),
    yields_to=("attack.blind_syn", "attack.port_scan"),
)

SEVERAL = 3


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener."""
    places = facts.group_by_server(challenged(facts) & in_time_wait(facts) & facts.unclaimed(RULE.yields_to))
    yield from tell(places, functools.partial(_describe, facts), severe=places.sizes >= SEVERAL)


def _describe(facts: Facts, group: Group) -> Finding:
    rows, row, name = group.rows, int(group.rows[0]), str(group.endpoint)
    frames = facts.frames(row, (CLIENT, "syn_frame"), (SERVER, "first_frame"), (CLIENT, "rst_frame"), (SERVER, "syn_frame"))
    values = {"count": format_count(len(rows)), "server": name}
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        severity=RULE.severity if len(rows) >= SEVERAL else Severity.INFO,
        confidence=0.85,
        title=msg("SYNs to {server} meet its TIME-WAIT and look old", server=name),
        summary=msg("{count} SYNs to {server} reused a four-tuple in TIME-WAIT and were not taken at first.", **values),
        hit=hit_of(facts, rows, attempts_like(facts, row)),
        cause=msg(
            "The SYN had an older timestamp, or without timestamps a lower number, than the connection before: its sender is another host "
            "behind the same NAT, has restarted, or chooses numbers at random."
        ),
        evidence=[PacketsEvidence(detour(facts, row), row, frames)],
        ruled_out=[
            RuledOut("timewait.stale_tuple", msg("the connection before had been closed by both ends")),
            RuledOut("handshake.refused", msg("the RST came from the client")),
        ],
        remedy=timewait.SYN_COLLISION.remedy,
        do_not=timewait.SYN_COLLISION.do_not,
    )
