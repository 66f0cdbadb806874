"""A process has received FIN and never closes: its sockets stay in CLOSE-WAIT.

What it sees
    Sockets that were in CLOSE-WAIT in both snapshots, without a timer, without unsent data, and on which nothing was sent in between.

Why it matters
    CLOSE-WAIT has no timer: it lasts until the process calls close().  Each one holds a file descriptor; when descriptors run out the
    service accepts nobody.

Evidence required
    The same sockets in both snapshots.  Their age is the time since the last ACK came (the FIN carries one): a lower bound, since a later
    ACK starts it anew.  The time since the last data is NOT their age.

What else looks like this
    A half-close in use: data still goes out.  A short spike in an ordinary close is gone at the second snapshot.  LAST-ACK has a timer:
    there the process has closed, and the peer does not answer (`close.last_ack_pile`).

What to do
    Close the descriptor when recv() returns 0, on every path through the program.  No setting of the kernel ends CLOSE-WAIT.

References
    RFC 9293 §3.6, §3.10.4; net/ipv4/tcp.c
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import close
from estab.diagnose.finding import CounterEvidence, Evidence, Finding, RuledOut, Severity
from estab.diagnose.host_compose import finding, hit, name_of, place, process_evidence, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import MILLISECOND_NS, MINUTE_NS, format_duration
from estab.machine.states import State
from estab.snapshot import TimerKind
from estab.text import format_count, msg

RULE = Rule(
    code="close.close_wait_leak",
    title=msg("Sockets stay in CLOSE-WAIT: the application does not close"),
    severity=Severity.CRITICAL,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("tcp_fin_timeout", "nofile"),
    references=("RFC 9293 §3.6", "RFC 9293 §3.10.4"),
)

SEVERAL = 3
OLD_MS = MINUTE_NS // MILLISECOND_NS


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each listener, or destination, whose sockets nobody closes."""
    t = facts.t
    leaked = t.state(State.CLOSE_WAIT) & t.stayed & t.timer(TimerKind.NONE) & (t["send_queue"] == 0) & (t.grew("bytes_sent") == 0)
    for group in facts.by_place(leaked, t["last_ack_recv_ms"]):
        yield _describe(facts, group)


def _severity(count: int, oldest_ms: int) -> Severity:
    if count >= SEVERAL and (oldest_ms >= OLD_MS or count >= 2 * SEVERAL):
        return Severity.CRITICAL
    return Severity.WARNING if count >= SEVERAL or oldest_ms >= OLD_MS else Severity.INFO


def _describe(facts: HostFacts, group: HostGroup) -> Finding:
    rows, owners = group.rows, facts.owners(group.rows)
    oldest_ms = int(facts.t["last_ack_recv_ms"][rows[0]])
    values = {
        "owner": name_of(group, owners),
        "count": format_count(len(rows)),
        "oldest": format_duration(max(oldest_ms * MILLISECOND_NS, facts.interval_ns)),
    }
    severity = _severity(len(rows), oldest_ms)
    return finding(
        facts,
        RULE,
        subject=place(group),
        rows=rows,
        severity=severity,
        confidence={Severity.INFO: 0.6, Severity.WARNING: 0.85, Severity.CRITICAL: 0.97}[severity],
        title=msg("{owner} does not close: its sockets stay in CLOSE-WAIT", owner=values["owner"]),
        summary=msg("{count} sockets of {owner} have received FIN and not been closed; the oldest has waited {oldest} or more.", **values),
        cause=msg("The kernel has acknowledged the FIN; the application has not called close() on the socket."),
        hit=hit(facts, rows, _kin(facts, group)),
        owners=owners,
        evidence=[*_evidence(facts, group), *_descriptors(facts, group)],
        ruled_out=[
            RuledOut("close.half_close_used", msg("no data was sent after the FIN")),
            RuledOut("close.last_ack_pile", msg("no timer runs: this end has not sent its FIN")),
        ],
        advice=close.CLOSE_WAIT_LEAK,
    )


def _kin(facts: HostFacts, group: HostGroup) -> int:
    side = "local" if group.inbound else "remote"
    return int(np.count_nonzero((facts.t[f"{side}_port"] == group.endpoint.port) & ~facts.t.listening))


def _evidence(facts: HostFacts, group: HostGroup) -> list[Evidence]:
    t = facts.t
    before = int(np.count_nonzero(t.earlier["state"] == State.CLOSE_WAIT))
    after = int(np.count_nonzero(t.state(State.CLOSE_WAIT)))
    values = {"before": format_count(before), "after": format_count(after), "time": format_duration(facts.interval_ns)}
    return [
        reading(facts, int(group.rows[0]), "last_ack_recv_ms", "recv_queue", "timer"),
        CounterEvidence(msg("sockets in CLOSE-WAIT: {before}, and {after} after {time}", **values), "CLOSE-WAIT", before, after),
    ]


def _descriptors(facts: HostFacts, group: HostGroup) -> list[Evidence]:
    """How many descriptors the owner has left."""
    owners = facts.owners(group.rows)
    known = facts.process(owners[0].pid) if owners else None
    if known is None or known.open_files < 0 or known.nofile_soft < 0:
        return []
    values = {"open": format_count(known.open_files), "limit": format_count(known.nofile_soft)}
    text = msg("the process has {open} of {limit} file descriptors open", **values)
    return [process_evidence(text, owners[0], open_files=known.open_files, nofile_soft=known.nofile_soft)]
