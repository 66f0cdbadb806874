"""Programs of this host close sockets with data unread: the peer gets RST.

What it sees
    TCPAbortOnClose moves; sockets with unread bytes in the first snapshot that are gone.

Why it matters
    The RST overtakes what was sent before: the peer may lose the answer (413 after an upload).

Evidence required
    The counter, against the number of connections that ended.  A program that ends with open connections counts here, too.

What else looks like this
    SO_LINGER 0 (`rst.abort`) is counted as TCPAbortOnData.

What to do
    Close lingeringly: shutdown(SHUT_WR), read with a limit, close.

References
    RFC 2525 §2.17; RFC 9293 §3.10.4
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import rst
from estab.diagnose.evidence.host_endings import vanished
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import THIS_HOST, counters, finding, gone_reading, place
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import NO_ROWS, HostGroup
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.snapshot_table import endpoint_of
from estab.text import format_count, msg

RULE = Rule(
    code="rst.unread_data",
    title=msg("A program closes with data unread"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS, Need.SOCKETS}),
    references=("RFC 2525 §2.17", "RFC 9293 §3.10.4"),
)

SEVERAL, PART = 3, 0.01


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host, at the place of a socket that did it where one is known."""
    aborted = facts.moved("TcpExt.TCPAbortOnClose")
    if not aborted:
        return
    earlier = facts.t.earlier
    gone = vanished(facts, State.ESTABLISHED, State.CLOSE_WAIT)
    unread = gone[(earlier["recv_queue"][gone] > 0) & (earlier["inode"][gone] > 0)]
    ended = max(facts.moved("Tcp.ActiveOpens", "Tcp.PassiveOpens"), len(facts.t.gone))
    severe = aborted >= SEVERAL and aborted >= PART * ended
    group = _group(facts, int(unread[0])) if len(unread) else None
    values = {"count": format_count(aborted), "ended": format_count(ended)}
    yield finding(
        facts,
        RULE,
        subject=place(group) if group else THIS_HOST,
        gone=unread if group else NO_ROWS,
        severity=Severity.WARNING if severe else Severity.INFO,
        confidence=0.9,
        summary=msg(
            "{count} sockets were closed while unread data stood in them; their peers were reset.",
            "{count} socket was closed while unread data stood in it; its peer was reset.",
            **values,
        ),
        cause=msg("close() with unread data sends RST instead of FIN: the program did not read what the peer had sent."),
        count=aborted,
        evidence=[
            *counters(facts, "TcpExt.TCPAbortOnClose", "Tcp.OutRsts"),
            *([gone_reading(facts, int(unread[0]), "recv_queue", "inode")] if group else ()),
        ],
        ruled_out=[RuledOut("rst.abort", msg("SO_LINGER 0 is counted as TCPAbortOnData"))],
        advice=rst.UNREAD_DATA,
    )


def _group(facts: HostFacts, row: int) -> HostGroup:
    """The place of a row of the EARLIER table."""
    inbound = int(facts.t.earlier["local_port"][row]) in facts.t.listened_ports
    return HostGroup(endpoint_of(facts.t.earlier, row, "local" if inbound else "remote"), NO_ROWS, inbound)
