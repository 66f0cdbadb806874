"""Connections of this host begin slowly again after each pause.

What it sees
    A connection whose congestion window had been large and was cut to its initial size by a pause.

Why it matters
    Bursts on long-lived connections take several round trips more.

Evidence required
    The window before and now, without loss, and tcp_slow_start_after_idle=1.

What else looks like this
    Loss cuts the window, too, and leaves its traces.

What to do
    In an own data centre tcp_slow_start_after_idle=0.

References
    RFC 5681 §4.1; Documentation/networking/ip-sysctl.rst tcp_slow_start_after_idle
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import latency
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import finding, hit, knob, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.text import format_count, msg

RULE = Rule(
    code="latency.slow_start_after_idle",
    title=msg("Connections begin slowly again after a pause"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS, Need.KNOBS}),
    knobs=("tcp_slow_start_after_idle",),
    references=("RFC 5681 §4.1",),
)

INITIAL, LARGE = 10, 40


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each place."""
    if facts.number("tcp_slow_start_after_idle", 1) != 1:
        return
    t = facts.t
    cut = t.stayed & t.state(State.ESTABLISHED) & (t.was("snd_cwnd_segments") >= LARGE) & (t["snd_cwnd_segments"] <= INITIAL)
    for group in facts.by_place(cut & (t.grew("total_retrans") == 0), t.was("snd_cwnd_segments")):
        row = int(group.rows[0])
        values = {"count": format_count(len(group.rows)), "was": format_count(int(t.was("snd_cwnd_segments")[row]))}
        yield finding(
            facts,
            RULE,
            subject=place(group),
            rows=group.rows,
            confidence=0.85,
            summary=msg(
                "{count} connections fell back to their initial window after a pause; one had reached {was} segments.",
                "{count} connection fell back to its initial window after a pause; it had reached {was} segments.",
                **values,
            ),
            hit=hit(facts, group.rows),
            cause=msg("After a pause of one timeout Linux begins with slow start again."),
            evidence=[
                reading(facts, row, "snd_cwnd_segments", "snd_ssthresh_segments", "last_data_sent_ms"),
                *knob(facts, "tcp_slow_start_after_idle"),
            ],
            ruled_out=[RuledOut("loss.retransmission", msg("nothing was sent again"))],
            advice=latency.SLOW_START_AFTER_IDLE,
        )
