"""A receiver holds this host's sender: the window is what limits it, and it is not the round trip.

What it sees
    Connections that waited for the receiver's window for at least half of the interval (rwnd_limited_us).

Why it matters
    The transfer is as fast as the reading program, and no faster.

Evidence required
    The share of the interval; the pace against window and round trip.

What else looks like this
    A window that is too small for a long path (`flow.bdp_limited`); a closed one (`flow.zero_window`); stripped options
    (`middlebox.options_stripped`).

What to do
    Let the receiving program read faster.

References
    RFC 9293 §3.8.6.2.2; RFC 6349
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import flow
from estab.diagnose.evidence.host_limits import Limited, limited_by_window
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import finding, hit, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="flow.receiver_limited",
    title=msg("A receiver reads too slowly and holds the sender"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("tcp_rmem", "SO_RCVBUF"),
    references=("RFC 9293 §3.8.6.2.2",),
    yields_to=("flow.zero_window", "middlebox.options_stripped"),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each place whose receivers are slow."""
    for one in limited_by_window(facts, facts.unclaimed(RULE.yields_to)):
        if not one.by_path:
            yield _describe(facts, one)


def _describe(facts: HostFacts, one: Limited) -> Finding:
    rows, row = one.group.rows, int(one.group.rows[0])
    values = {"place": str(one.group.endpoint), "count": format_count(len(rows)), "percent": f"{100 * one.share:.0f}"}
    return finding(
        facts,
        RULE,
        subject=place(one.group),
        rows=rows,
        severity=Severity.WARNING if one.small else Severity.INFO,
        confidence=0.8,
        title=msg("{place}: the receiver holds the sender", **values),
        summary=msg("{count} connections spent up to {percent} % of the time waiting for the receiver's window.", **values),
        hit=hit(facts, rows),
        cause=msg("The receiving program reads more slowly than this host can send, or its buffer is small."),
        evidence=[reading(facts, row, "rwnd_limited_us", "busy_time_us", "snd_wnd_bytes", "rtt_us", "delivery_rate_bytes_per_s")],
        ruled_out=[RuledOut("flow.bdp_limited", msg("window and round trip would allow more"))],
        advice=flow.RECEIVER_LIMITED,
    )
