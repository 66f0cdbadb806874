"""Data meets an end that has closed, and is answered by RST.

What it sees
    At the end that closed: TCPAbortOnData without EstabResets, or FIN-WAIT-2 entries that ended before their time.  At the end that
    wrote: connections in CLOSE-WAIT that ended by a RST.

Why it matters
    What was written is lost, and the writer learns of it one write later (EPIPE, SIGPIPE).

Evidence required
    The counters, taken apart from aborts; the sockets of the first snapshot.

What else looks like this
    A request that crosses the FIN on an idle pooled connection (`app.pool_keepalive_race`).  SO_LINGER 0 (`rst.abort`).

What to do
    Treat a read of 0 bytes as the end; use shutdown(SHUT_WR) where an answer is still to come.

References
    RFC 9293 §3.6, §3.10.7.1; RFC 1122 §4.2.2.13
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import rst
from estab.diagnose.evidence.host_endings import endings, vanished
from estab.diagnose.finding import Evidence, Finding, RuledOut, Severity
from estab.diagnose.host_compose import THIS_HOST, counters, finding, gone_reading, place
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.host_table import Rows
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import MILLISECOND_NS
from estab.machine.states import State
from estab.snapshot_table import endpoint_of
from estab.text import Text, format_count, msg

RULE = Rule(
    code="rst.data_after_close",
    title=msg("Data after the close is answered by RST"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS, Need.SOCKETS}),
    references=("RFC 9293 §3.6", "RFC 1122 §4.2.2.13"),
    yields_to=("app.pool_keepalive_race",),
)

SEVERAL, SLACK_MS = 3, 1_000


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for what was written to this host too late, one for what this host wrote too late."""
    ended = endings(facts)
    earlier = facts.t.earlier
    small = vanished(facts, State.FIN_WAIT_2)
    left_ms = earlier["timer_expires_ms"][small].astype(np.int64)
    early = small[(earlier["inode"][small] == 0) & (left_ms > facts.interval_ns // MILLISECOND_NS + SLACK_MS)]
    early = early if ended.answered or facts.moved("Tcp.OutRsts") else early[:0]
    late = max(ended.late_data, len(early))
    if late and not facts.found(*RULE.yields_to):
        cause = msg("This end had closed, and the peer went on sending: the data had no reader, so it was answered by RST.")
        yield _describe(facts, early, late, cause, counters(facts, "TcpExt.TCPAbortOnData", "Tcp.OutRsts"))
    writers = vanished(facts, State.CLOSE_WAIT)
    wrote = min(ended.received, len(writers))
    if wrote:
        cause = msg("The peer had closed, and a program of this host wrote all the same; the peer answered by RST.")
        yield _describe(facts, writers, wrote, cause, counters(facts, "Tcp.EstabResets"))


def _describe(facts: HostFacts, gone: Rows, count: int, cause: Text, moved: list[Evidence]) -> Finding:
    earlier = facts.t.earlier
    subject = THIS_HOST
    if len(gone):
        inbound = int(earlier["local_port"][gone[0]]) in facts.t.listened_ports
        subject = place(HostGroup(endpoint_of(earlier, int(gone[0]), "local" if inbound else "remote"), gone, inbound))
    return finding(
        facts,
        RULE,
        subject=subject,
        gone=gone,
        severity=Severity.WARNING if count >= SEVERAL else Severity.INFO,
        confidence=0.8,
        summary=msg("{count} connections got data after the receiving end had closed.", count=format_count(count)),
        cause=cause,
        count=count,
        evidence=[*moved, *([gone_reading(facts, int(gone[0]), "timer", "timer_expires_ms", "inode")] if len(gone) else ())],
        ruled_out=[RuledOut("rst.abort", msg("these connections had been closed in order before"))],
        advice=rst.DATA_AFTER_CLOSE_LIVE,
    )
