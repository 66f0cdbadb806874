"""Buffers are too small for the round trip: the pace is one window for each of them.

What it sees
    Connections held by the window whose pace is what window and round trip allow; connections held by their own send buffer
    (sndbuf_limited_us).

Why it matters
    A long path stays slow however fast it is.

Evidence required
    The shares of the interval; pace, window and round trip.

What else looks like this
    A slow reader (`flow.receiver_limited`) shrinks its window.

What to do
    Do not set SO_RCVBUF or SO_SNDBUF; raise the limits of autotuning.

References
    RFC 7323 §1.1; Documentation/networking/ip-sysctl.rst tcp_rmem, tcp_wmem
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from estab.diagnose.advice import flow
from estab.diagnose.evidence.host_limits import THIRD, Limited, limited_by_window
from estab.diagnose.evidence.host_stalls import share_of_interval
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import finding, hit, knob, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="flow.bdp_limited",
    title=msg("A buffer is too small for this round trip"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("tcp_rmem", "tcp_wmem", "SO_SNDBUF"),
    references=("RFC 7323 §1.1",),
    yields_to=("flow.zero_window", "middlebox.options_stripped"),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each place where the window does, one for each where the own buffer does."""
    free = facts.unclaimed(RULE.yields_to)
    for one in limited_by_window(facts, free):
        if one.by_path:
            yield _by_window(facts, one)
    share = share_of_interval(facts, "sndbuf_limited_us")
    for group in facts.by_place((share >= THIRD) & facts.t.whole & free, share):
        yield _by_send_buffer(facts, group, float(share[group.rows[0]]))


def _by_window(facts: HostFacts, one: Limited) -> Finding:
    rows = one.group.rows
    values = {"count": format_count(len(rows)), "percent": f"{100 * one.share:.0f}"}
    return finding(
        facts,
        RULE,
        subject=place(one.group),
        rows=rows,
        confidence=0.75,
        summary=msg("{count} connections spent up to {percent} % of the time waiting for a window that one round trip empties.", **values),
        hit=hit(facts, rows),
        cause=msg("The receiver's buffer may not grow to bandwidth times round trip."),
        evidence=[reading(facts, int(rows[0]), "rwnd_limited_us", "snd_wnd_bytes", "rtt_us", "delivery_rate_bytes_per_s")],
        ruled_out=[RuledOut("flow.receiver_limited", msg("the pace is what window and round trip allow"))],
        advice=flow.BDP_LIMITED,
    )


def _by_send_buffer(facts: HostFacts, group: HostGroup, share: float) -> Finding:
    values = {"count": format_count(len(group.rows)), "percent": f"{100 * share:.0f}"}
    return finding(
        facts,
        RULE,
        subject=place(group),
        rows=group.rows,
        confidence=0.85,
        title=msg("A send buffer of this host is too small"),
        summary=msg(
            "{count} connections spent up to {percent} % of the time waiting for room in their own send buffer.",
            "{count} connection spent {percent} % of the time waiting for room in its own send buffer.",
            **values,
        ),
        hit=hit(facts, group.rows),
        cause=msg("The program has set SO_SNDBUF, or tcp_wmem keeps the buffer from growing."),
        evidence=[reading(facts, int(group.rows[0]), "sndbuf_limited_us", "sndbuf_bytes", "rtt_us"), *knob(facts, "tcp_wmem")],
        ruled_out=[RuledOut("flow.receiver_limited", msg("the window is open"))],
        advice=replace(flow.SEND_BUFFER),
    )
