"""A full accept queue resets clients, because tcp_abort_on_overflow=1 asks for it.

What it sees
    ListenOverflows and EmbryonicRsts move together, and the setting is 1.

Why it matters
    Clients get ECONNRESET right after connect(), where they would otherwise wait a second and try again.

Evidence required
    Both counters and the setting.  Handshakes by SYN cookie are dropped silently even then: EmbryonicRsts stays behind.

What else looks like this
    A closed listener resets too (`listen.closed_with_pending`), with no overflow counted.  Without the setting the clients just wait
    (`handshake.accept_queue_overflow`).

What to do
    Accept faster; give the listener a longer backlog; set tcp_abort_on_overflow=0.

References
    Documentation/networking/ip-sysctl.rst tcp_abort_on_overflow; net/ipv4/tcp_minisocks.c
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from estab.diagnose.advice import handshake
from estab.diagnose.evidence.host_listeners import full_listeners, queue_words
from estab.diagnose.finding import Evidence, Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, knob, listener, name_of, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="handshake.abort_on_overflow",
    title=msg("A full accept queue resets its clients"),
    severity=Severity.CRITICAL,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS, Need.COUNTERS, Need.KNOBS}),
    knobs=("tcp_abort_on_overflow", "somaxconn"),
    references=("ip-sysctl: tcp_abort_on_overflow",),
    yields_to=("app.fd_limit",),
)

COUNTERS = ("TcpExt.ListenOverflows", "TcpExt.ListenDrops", "TcpExt.EmbryonicRsts")


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the listener whose queue is the fullest."""
    reset = min(facts.moved("TcpExt.ListenOverflows"), facts.moved("TcpExt.EmbryonicRsts"))
    if not reset or facts.number("tcp_abort_on_overflow", 0) != 1:
        return
    listeners = full_listeners(facts, facts.unclaimed(RULE.yields_to))
    group = listeners[0] if listeners else None
    owners = facts.owners(group.rows) if group else ()
    values = {"listener": name_of(group, owners) if group else "-", "count": format_count(reset)}
    advice = replace(
        handshake.ACCEPT_QUEUE_OVERFLOW,
        remedy=(*handshake.ACCEPT_QUEUE_OVERFLOW.remedy, handshake.NO_ABORT_ON_OVERFLOW),
        do_not=handshake.ACCEPT_QUEUE_OVERFLOW.do_not[1:],
    )
    more = {"subject": listener(group.endpoint), "rows": group.rows} if group else {}
    yield finding(
        facts,
        RULE,
        confidence=0.95 if group else 0.8,
        title=msg("{listener} resets clients because its accept queue is full", **values) if group else None,
        summary=msg(
            "{count} clients that had completed the handshake were reset.",
            "{count} client that had completed the handshake was reset.",
            **values,
        ),
        cause=msg("The accept queue was full, and tcp_abort_on_overflow=1 makes the kernel answer the client's ACK with RST."),
        count=reset,
        owners=owners,
        evidence=[
            *counters(facts, *COUNTERS),
            *(_queue(facts, int(group.rows[0])) if group else ()),
            *knob(facts, "tcp_abort_on_overflow"),
        ],
        ruled_out=[RuledOut("listen.closed_with_pending", msg("the listener lives, and ListenOverflows has moved"))],
        advice=advice,
        **more,  # type: ignore[arg-type]
    )


def _queue(facts: HostFacts, row: int) -> list[Evidence]:
    return [queue_words(facts, row), reading(facts, row, "recv_queue", "send_queue")]
