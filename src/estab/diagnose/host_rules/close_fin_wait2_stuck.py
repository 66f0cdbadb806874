"""This host has sent its FIN, and the peer does not send its own: sockets wait in FIN-WAIT-2.

What it sees
    Full sockets in FIN-WAIT-2 in both snapshots whose process still holds them (shutdown(SHUT_WR), then no close()), without a timer;
    and the small entries of sockets whose process has closed, which live tcp_fin_timeout seconds.

Why it matters
    A held FIN-WAIT-2 lasts for ever and costs a file descriptor.  Many closed ones mean that a peer leaks CLOSE-WAIT.

Evidence required
    State 5 in the table of sockets.  /proc/net/sockstat counts closed ones as `tw`, so that number proves nothing.

What else looks like this
    TIME-WAIT (`timewait.pileup`) has the peer's FIN.  FIN-WAIT-1 (`close.fin_wait1_pile`) has no ACK of ours.  A half-close in use still
    receives data.

What to do
    Make the other side close; here read with a time limit after shutdown().

References
    RFC 9293 §3.6; Documentation/networking/ip-sysctl.rst tcp_fin_timeout
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import close
from estab.diagnose.finding import Evidence, Finding, RuledOut, Severity
from estab.diagnose.host_compose import finding, hit, knob, name_of, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import MILLISECOND_NS, MINUTE_NS, format_duration
from estab.machine.states import State
from estab.text import Text, format_count, msg

RULE = Rule(
    code="close.fin_wait2_stuck",
    title=msg("Sockets wait in FIN-WAIT-2 for a FIN that does not come"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("tcp_fin_timeout",),
    references=("RFC 9293 §3.6",),
)

FEW = 3
MANY_HELD, MANY_ORPHANS = 10, 50
OLD_MS = MINUTE_NS // MILLISECOND_NS


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each place where a process holds such sockets, and one where closed ones pile up."""
    t = facts.t
    waiting = t.state(State.FIN_WAIT_2) & t.stayed
    held = waiting & t.whole & (t["inode"] > 0) & (t.grew("bytes_received") == 0)
    orphans = waiting & ~held & (t["inode"] == 0)
    for group in facts.by_place(held, t["last_ack_recv_ms"]):
        if len(group.rows) >= FEW or int(t["last_ack_recv_ms"][group.rows[0]]) >= OLD_MS:
            yield _describe(facts, group, held=True)
    for group in facts.by_place(orphans):
        if len(group.rows) >= FEW:
            yield _describe(facts, group, held=False)


def _describe(facts: HostFacts, group: HostGroup, *, held: bool) -> Finding:
    rows, owners = group.rows, facts.owners(group.rows)
    oldest_ms = int(facts.t["last_ack_recv_ms"][rows].max()) if held else 0
    severe = len(rows) >= MANY_HELD or oldest_ms >= OLD_MS if held else len(rows) >= MANY_ORPHANS
    values = {"owner": name_of(group, owners), "count": format_count(len(rows))}
    return finding(
        facts,
        RULE,
        subject=place(group),
        rows=rows,
        severity=Severity.WARNING if severe else Severity.INFO,
        confidence=0.9 if held else 0.8,
        title=msg("{owner}: {count} sockets wait in FIN-WAIT-2", **values),
        summary=_summary(oldest_ms, values)
        if held
        else msg(
            "{count} sockets were closed here, and their peers have not closed.",
            "{count} socket was closed here, and its peer has not closed.",
            **values,
        ),
        cause=_cause(held),
        hit=hit(facts, rows, int(np.count_nonzero(facts.t.state(State.FIN_WAIT_2)))),
        owners=owners,
        evidence=_evidence(facts, int(rows[0]), held),
        ruled_out=[
            RuledOut(
                "timewait.pileup", msg("the peer's FIN has not come: the state is FIN-WAIT-2, though sockstat counts closed ones as tw")
            ),
            RuledOut("close.fin_wait1_pile", msg("our FIN has been acknowledged")),
        ],
        advice=close.FIN_WAIT2_HELD if held else close.FIN_WAIT2_STUCK,
    )


def _summary(oldest_ms: int, values: dict[str, str]) -> Text:
    oldest = format_duration(oldest_ms * MILLISECOND_NS)
    return msg(
        "{count} sockets have sent their FIN and are still held by their process; the oldest has waited {oldest}.",
        "{count} socket has sent its FIN and is still held by its process; it has waited {oldest}.",
        **values,
        oldest=oldest,
    )


def _cause(held: bool) -> Text:
    if held:
        return msg("The process has shut down its sending side and waits for the peer's FIN without a limit; nothing ends this state.")
    return msg("The peer has received our FIN and does not close: it holds these connections in CLOSE-WAIT.")


def _evidence(facts: HostFacts, row: int, held: bool) -> list[Evidence]:
    names = ("timer", "inode", "last_ack_recv_ms") if held else ("timer", "timer_expires_ms", "inode")
    return [reading(facts, row, *names), *knob(facts, "tcp_fin_timeout")]
