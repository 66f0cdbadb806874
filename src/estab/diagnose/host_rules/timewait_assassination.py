"""TIME-WAIT entries ended before their time.

What it sees
    Entries of the first snapshot that had longer to live than the interval and are gone, without being reused.

Why it matters
    A RST ends TIME-WAIT while tcp_rfc1337 is 0; then old segments can reach the next connection on the same tuple.

Evidence required
    The entry's remaining life against the interval; that no new connection took its tuple, and no local connect() (TWRecycled).  At a
    listener as many as were accepted within the interval and have left nothing behind may have been taken over by a SYN.

What else looks like this
    `ss -K` destroys entries as well.  Reuse by a SYN leaves a connection on the tuple, or where that one has ended as well, nothing.
    A SYN with an old timestamp draws an ACK, whose RST ends the entry (`timewait.syn_collision`).

What to do
    tcp_rfc1337=1 where tuples are used again quickly.

References
    RFC 1337; Documentation/networking/ip-sysctl.rst tcp_rfc1337
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import timewait
from estab.diagnose.evidence.host_endings import vanished
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import finding, gone_reading, knob, place
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import MILLISECOND_NS
from estab.machine.states import State
from estab.snapshot_table import endpoint_of
from estab.text import format_count, msg

RULE = Rule(
    code="timewait.assassination",
    title=msg("TIME-WAIT ends before its time"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS, Need.COUNTERS, Need.KNOBS}),
    knobs=("tcp_rfc1337",),
    references=("RFC 1337", "ip-sysctl: tcp_rfc1337"),
)

SLACK_MS, SEVERAL = 1_000, 3


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host, at the place of the first of them."""
    if facts.number("tcp_rfc1337", 0) == 1:
        return
    earlier = facts.t.earlier
    gone = vanished(facts, State.TIME_WAIT)
    early = gone[earlier["timer_expires_ms"][gone].astype(np.int64) > facts.interval_ns // MILLISECOND_NS + SLACK_MS]
    accepted = np.isin(earlier["local_port"][early], list(facts.t.listened_ports))
    count = max(0, int(accepted.sum()) - _come_and_gone(facts)) + int((~accepted).sum())
    count -= facts.moved("TcpExt.TWRecycled", "TcpExt.PAWSTimewait")
    if count <= 0:
        return
    first = int(early[0])
    inbound = int(earlier["local_port"][first]) in facts.t.listened_ports
    group = HostGroup(endpoint_of(earlier, first, "local" if inbound else "remote"), early, inbound)
    yield finding(
        facts,
        RULE,
        subject=place(group),
        gone=early,
        severity=Severity.WARNING if count >= SEVERAL else Severity.INFO,
        confidence=0.7,
        summary=msg(
            "{count} TIME-WAIT entries ended long before their 60 s.",
            "{count} TIME-WAIT entry ended long before its 60 s.",
            count=format_count(count),
        ),
        count=count,
        cause=msg("A RST came for them, and tcp_rfc1337=0 lets it end TIME-WAIT; somebody may also have destroyed them (ss -K)."),
        evidence=[gone_reading(facts, first, "timer_expires_ms"), *knob(facts, "tcp_rfc1337")],
        ruled_out=[RuledOut("timewait.tuple_reused", msg("no connection took the four-tuple"))],
        advice=timewait.ASSASSINATION,
    )


def _come_and_gone(facts: HostFacts) -> int:
    """How many connections were accepted since the first snapshot and have left nothing that the second one sees."""
    return max(0, facts.moved("Tcp.PassiveOpens") - int((facts.t.is_new & facts.t.inbound).sum()))
