"""Something drops SYNs that carry data (TCP Fast Open).

What it sees
    The first SYN carries data and is never answered; the repeated one, without data, is answered at once.

Why it matters
    Fast Open is there to save a round trip and costs a second instead, on every connection.

Evidence required
    Several attempts with the same course to one server, and none whose data in the SYN was taken.  One alone may be a SYN that was
    lost by chance.

What else looks like this
    A server that answers the SYN but does not take the data (a stale cookie) answers at once.  An ordinary loss is
    `handshake.syn_retransmitted`.

What to do
    Turn Fast Open off in the application for this path; correct the middlebox.

References
    RFC 7413 §7.1; ip-sysctl: tcp_fastopen_blackhole_timeout_sec
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
from estab.track import records

RULE = Rule(
    code="path.tfo_black_hole",
    title=msg("SYNs that carry data vanish"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.HANDSHAKES, Need.TIMES}),
    knobs=("tcp_fastopen", "tcp_fastopen_blackhole_timeout_sec"),
    references=("RFC 7413 §7.1",),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener that SYNs with data never reach."""
    in_vain = second_syns.carried_data_in_vain(facts)
    if not in_vain.any():
        return
    worked = facts.marked(records.FAST_OPEN_USED) & ~in_vain
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
        title=msg("SYNs to {server} that carry data vanish", server=str(group.endpoint)),
        summary=msg(
            "{count} SYNs to {server} with Fast Open data were never answered, plain ones were; each attempt lost {lost}.", **values
        ),
        hit=hit_of(facts, rows, second_syns.kin(facts, row)),
        cause=msg("A middlebox on the way drops SYNs that carry data."),
        evidence=[
            PacketsEvidence(
                msg("SYN with data, then answered without"),
                row,
                facts.frames(row, (CLIENT, "syn_frame"), (CLIENT, "retransmit_frame"), (SERVER, "syn_frame")),
            )
        ],
        ruled_out=[
            RuledOut("handshake.syn_retransmitted", msg("no SYN with data was answered, and plain ones were")),
            RuledOut("handshake.filtered", msg("the server answers plain SYNs")),
        ],
        remedy=path.TFO_BLACK_HOLE.remedy,
    )
