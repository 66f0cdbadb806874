"""Connections that were opened by a SYN cookie lack window scaling.

What it sees
    SyncookiesRecv moves, and connections accepted meanwhile have no window scaling.

Why it matters
    Their window ends at 64 KiB: transfers over long paths are slow, only while the host is overloaded.

Evidence required
    Both.  With timestamps the options are kept in the timestamp, and nothing is lost.

What else looks like this
    A device that strips options does it at all times (`middlebox.options_stripped`).

What to do
    Keep the SYN queue from filling up; keep tcp_timestamps=1.

References
    net/ipv4/syncookies.c; Documentation/networking/ip-sysctl.rst tcp_syncookies
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import handshake
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, hit, knob, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.snapshot import TcpOption
from estab.text import format_count, msg

RULE = Rule(
    code="handshake.syncookie_side_effects",
    title=msg("Connections opened by a SYN cookie lack window scaling"),
    severity=Severity.INFO,
    seen_from=Source.LIVE,
    needs=frozenset({Need.COUNTERS, Need.SOCKETS}),
    knobs=("tcp_syncookies", "tcp_timestamps"),
    references=("net/ipv4/syncookies.c",),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each listener."""
    if not facts.moved("TcpExt.SyncookiesRecv"):
        return
    t = facts.t
    bare = t.whole & t.inbound & t.is_new & t.state(State.ESTABLISHED) & ~t.has_option(TcpOption.WINDOW_SCALE)
    for group in facts.by_place(bare):
        yield finding(
            facts,
            RULE,
            subject=place(group),
            rows=group.rows,
            confidence=0.75,
            summary=msg(
                "{count} new connections have no window scaling: their window ends at 64 KiB.",
                "{count} new connection has no window scaling: its window ends at 64 KiB.",
                count=format_count(len(group.rows)),
            ),
            hit=hit(facts, group.rows),
            cause=msg("They were opened by a SYN cookie, and the client sent no timestamp in which the options could be kept."),
            evidence=[
                *counters(facts, "TcpExt.SyncookiesSent", "TcpExt.SyncookiesRecv"),
                reading(facts, int(group.rows[0]), "options", "snd_wscale"),
                *knob(facts, "tcp_timestamps"),
            ],
            ruled_out=[RuledOut("middlebox.options_stripped", msg("cookies were in use at that moment"))],
            advice=handshake.SYNCOOKIE_SIDE_EFFECTS,
        )
