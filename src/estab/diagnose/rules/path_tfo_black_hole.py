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

from collections.abc import Iterator

from estab.diagnose.advice import path
from estab.diagnose.evidence import second_syns
from estab.diagnose.evidence.second_syns import Words
from estab.diagnose.facts import Facts
from estab.diagnose.finding import Finding, Severity
from estab.diagnose.rule import Need, Rule, Source
from estab.text import msg
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
    worked = facts.marked(records.FAST_OPEN_USED) & ~in_vain
    yield from second_syns.black_holes(facts, RULE, in_vain, worked, _words)


def _words(values: dict[str, object]) -> Words:
    return Words(
        title=msg("SYNs to {server} that carry data vanish", server=values["server"]),
        summary=msg(
            "{count} SYNs to {server} with Fast Open data were never answered, plain ones were; each attempt lost {lost}.",
            "{count} SYN to {server} with Fast Open data was never answered, plain ones were; the attempt lost {lost}.",
            **values,
        ),
        cause=msg("A middlebox on the way drops SYNs that carry data."),
        course=msg("SYN with data, then answered without"),
        no_chance=msg("no SYN with data was answered, and plain ones were"),
        remedy=path.TFO_BLACK_HOLE.remedy,
    )
