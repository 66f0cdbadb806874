"""Connections lack window scaling or SACK, although this host offers both.

What it sees
    Open connections to other hosts without one of these options, on which data flows.

Why it matters
    The window ends at 64 KiB: throughput is at most 64 KiB for each round trip.  Without SACK each loss costs a round trip.

Evidence required
    What both ends agreed on, the settings of this host, and for a warning that the sender waits for the window.

What else looks like this
    A peer that does not offer them.  Connections opened by a SYN cookie without timestamps (`handshake.syncookie_side_effects`).

What to do
    Find the device that strips options.

References
    RFC 7323 §2; RFC 2018; RFC 9293 §3.1
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import middlebox
from estab.diagnose.evidence.host_stalls import share_of_interval
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import finding, hit, knob, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.snapshot import TcpOption
from estab.text import format_count, msg

RULE = Rule(
    code="middlebox.options_stripped",
    title=msg("TCP options are missing: window scaling or SACK"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS, Need.KNOBS}),
    knobs=("tcp_window_scaling", "tcp_sack"),
    references=("RFC 7323 §2", "RFC 2018"),
    yields_to=("handshake.syncookie_side_effects",),
)

HELD = 0.3


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each peer."""
    t = facts.t
    lacks = (~t.has_option(TcpOption.WINDOW_SCALE) & (facts.number("tcp_window_scaling", 1) == 1)) | (
        ~t.has_option(TcpOption.SACK) & (facts.number("tcp_sack", 1) == 1)
    )
    flows = (t.grew("bytes_acked") + t.grew("bytes_received") > 0) & t.whole & t.state(State.ESTABLISHED) & ~t.loopback
    for group in facts.by_peer(lacks & flows & facts.unclaimed(RULE.yields_to), t.grew("rwnd_limited_us")):
        yield _describe(facts, group)


def _describe(facts: HostFacts, group: HostGroup) -> Finding:
    rows, row = group.rows, int(group.rows[0])
    held = float(share_of_interval(facts, "rwnd_limited_us")[row]) >= HELD
    values = {"peer": group.endpoint.address, "count": format_count(len(rows))}
    return finding(
        facts,
        RULE,
        subject=place(group),
        rows=rows,
        severity=Severity.WARNING if held else Severity.INFO,
        confidence=0.7,
        title=msg("Connections with {peer} lack window scaling or SACK", **values),
        summary=msg(
            "{count} connections with {peer} run without options that this host offers.",
            "{count} connection with {peer} runs without options that this host offers.",
            **values,
        ),
        hit=hit(facts, rows),
        cause=msg("A firewall or proxy takes the options off, or the peer does not offer them."),
        evidence=[
            reading(facts, row, "options", "snd_wscale", "snd_wnd_bytes", "rtt_us", "rwnd_limited_us"),
            *knob(facts, "tcp_window_scaling"),
            *knob(facts, "tcp_sack"),
        ],
        ruled_out=[RuledOut("handshake.syncookie_side_effects", msg("no SYN cookie explains it"))],
        advice=middlebox.OPTIONS_STRIPPED,
    )
