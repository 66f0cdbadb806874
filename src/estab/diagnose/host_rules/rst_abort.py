"""Connections end by RST: programs of this host abort theirs, or peers abort ours.

What it sees
    TCPAbortOnData together with EstabResets: close() with SO_LINGER 0.  What is left of EstabResets is RSTs that came.

Why it matters
    Data under way is lost; the other side gets ECONNRESET.

Evidence required
    The counters, taken apart from unread data, timeouts, closed listeners and destroyed sockets.

What else looks like this
    Data that came behind the close is TCPAbortOnData alone (`rst.data_after_close`).  Unread data is `rst.unread_data`.  Idle
    connections that are reset hint at a peer that restarted (`half_open.peer_restarted`).

What to do
    Remove SO_LINGER 0; close in order.

References
    RFC 9293 §3.10.5; socket(7) SO_LINGER
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import rst
from estab.diagnose.evidence.host_endings import endings, vanished
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.text import format_count, msg

RULE = Rule(
    code="rst.abort",
    title=msg("A program aborts its connections"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS, Need.SOCKETS}),
    references=("RFC 9293 §3.10.5", "socket(7): SO_LINGER"),
    yields_to=("half_open.peer_restarted", "rst.data_after_close", "app.pool_keepalive_race", "timewait.stale_tuple"),
)

SEVERAL, PART = 3, 0.01


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host's own aborts, one note for those of its peers."""
    ended = endings(facts)
    all_ended = max(facts.moved("Tcp.ActiveOpens", "Tcp.PassiveOpens"), len(facts.t.gone))
    if ended.lingered:
        yield _own(facts, ended.lingered, all_ended)
    if ended.received and not facts.found(*RULE.yields_to):
        yield _peers(facts, ended.received)


def _own(facts: HostFacts, count: int, all_ended: int) -> Finding:
    severe = count >= SEVERAL and count >= PART * all_ended
    gone = vanished(facts, State.ESTABLISHED, State.CLOSE_WAIT)
    return finding(
        facts,
        RULE,
        gone=gone if len(gone) <= 2 * count else gone[:0],
        severity=Severity.WARNING if severe else Severity.INFO,
        confidence=0.85,
        summary=msg("{count} connections were aborted by programs of this host.", count=format_count(count)),
        cause=msg("close() with SO_LINGER and a time of 0 sends RST and forgets the connection."),
        count=count,
        evidence=counters(facts, "TcpExt.TCPAbortOnData", "Tcp.EstabResets", "Tcp.OutRsts"),
        ruled_out=[
            RuledOut("rst.unread_data", msg("that is counted as TCPAbortOnClose")),
            RuledOut("rst.data_after_close", msg("as many connections went straight from ESTABLISHED to CLOSED")),
        ],
        advice=rst.ABORT,
    )


def _peers(facts: HostFacts, count: int) -> Finding:
    gone = vanished(facts, State.ESTABLISHED, State.CLOSE_WAIT)
    return finding(
        facts,
        RULE,
        gone=gone if len(gone) <= 2 * count else gone[:0],
        severity=Severity.INFO,
        confidence=0.6,
        title=msg("{count} connections were reset by the other side", count=format_count(count)),
        summary=msg("{count} open connections ended by a RST that came; the counters do not tell whose it was.", count=format_count(count)),
        cause=msg("The peer aborted them or had forgotten them, or a device on the path sent the RST in its name."),
        count=count,
        evidence=counters(facts, "Tcp.EstabResets"),
        ruled_out=[RuledOut("rst.unread_data", msg("no RST left this host for them"))],
        advice=rst.ABORT,
    )
