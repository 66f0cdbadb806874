"""Data waits in receive queues, and the program does not read it.

What it sees
    Open connections with unread bytes, from which nothing was read between the snapshots.

Why it matters
    Requests are taken by the kernel and stand still; the window closes when the buffer is full.

Evidence required
    What came in against how the queue grew: the difference is what was read.  A warning needs 4 KiB, or ten connections.

What else looks like this
    A full buffer (`flow.zero_window`).  A few bytes on an idle TLS connection are its goodbye: a note.

What to do
    Find out what the program waits for.

References
    RFC 9293 §3.8.6.2
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import flow
from estab.diagnose.evidence.host_reading import unread
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import finding, hit, name_of, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import format_duration
from estab.text import format_count, msg

RULE = Rule(
    code="flow.receive_backlog",
    title=msg("Received data waits unread"),
    severity=Severity.WARNING,
    seen_from=Source.LIVE,
    needs=frozenset({Need.SOCKETS}),
    references=("RFC 9293 §3.8.6.2",),
    yields_to=("flow.zero_window",),
)

MUCH_BYTES, MANY = 4096, 10


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each place."""
    for group in facts.by_place(unread(facts) & facts.unclaimed(RULE.yields_to), facts.t["recv_queue"]):
        yield _describe(facts, group)


def _describe(facts: HostFacts, group: HostGroup) -> Finding:
    rows, owners = group.rows, facts.owners(group.rows)
    waiting = int(facts.t["recv_queue"][rows].sum())
    severe = waiting >= MUCH_BYTES or len(rows) >= MANY
    values = {
        "owner": name_of(group, owners),
        "count": format_count(len(rows)),
        "bytes": format_count(waiting),
        "time": format_duration(facts.interval_ns),
    }
    return finding(
        facts,
        RULE,
        subject=place(group),
        rows=rows,
        severity=Severity.WARNING if severe else Severity.INFO,
        confidence=0.85,
        title=msg("{owner} leaves received data unread", **values),
        summary=msg("{bytes} bytes wait on {count} connections, and none was read within {time}.", **values),
        hit=hit(facts, rows),
        owners=owners,
        cause=msg("The program does not call recv() on them: it waits for something else, or it has forgotten them."),
        evidence=[reading(facts, int(rows[0]), "recv_queue", "rcvbuf_bytes", "last_data_recv_ms")],
        ruled_out=[RuledOut("flow.zero_window", msg("the buffer has room"))],
        advice=flow.RECEIVE_BACKLOG,
    )
