"""A window is closed: the receiving program does not read.

What it sees
    As the sender: sockets with unsent data whose persist timer runs.  As the receiver: a full receive buffer from which nothing was read
    between the snapshots.

Why it matters
    The transfer stands still for as long as the program does not read; it never times out by itself.

Evidence required
    The timer in both snapshots, or probes without a larger window.  Probes that are acknowledged show that the host is alive.

What else looks like this
    A dead peer acknowledges nothing (`half_open.peer_vanished`): there the retransmission timer runs.  The persist timer also runs for
    what the own queue dropped (`path.local_qdisc_drop`), with an open window.

What to do
    Find what the reading program waits for.

References
    RFC 9293 §3.8.6.1; RFC 1122 §4.2.2.17
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import flow
from estab.diagnose.evidence.host_reading import full_buffers
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, hit, name_of, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.snapshot import TimerKind
from estab.text import format_count, msg

RULE = Rule(
    code="flow.zero_window",
    title=msg("A receiver's window is closed: its application does not read"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("tcp_rmem", "TCP_USER_TIMEOUT"),
    references=("RFC 9293 §3.8.6.1",),
)

PROBES = 3


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each place to which this host cannot send, one for each at which it does not read."""
    t = facts.t
    probing = t.state(State.ESTABLISHED, State.CLOSE_WAIT) & t.timer(TimerKind.PERSIST) & (t["send_queue"] > 0)
    probing &= t["snd_wnd_bytes"] < t["snd_mss_bytes"]  # the same timer repeats what the own queue dropped, while the window is open
    for group in facts.by_place(probing, t["probes"]):
        yield _sender(facts, group)
    for group in facts.by_place(full_buffers(facts), t["recv_queue"]):
        yield _receiver(facts, group)


def _sender(facts: HostFacts, group: HostGroup) -> Finding:
    rows, row = group.rows, int(group.rows[0])
    lasting = bool(facts.t.stayed[rows].any() and facts.t.was("timer")[row] == TimerKind.PERSIST) or int(facts.t["probes"][row]) >= PROBES
    values = {"place": str(group.endpoint), "count": format_count(len(rows)), "bytes": format_count(int(facts.t["send_queue"][rows].sum()))}
    return finding(
        facts,
        RULE,
        subject=place(group),
        rows=rows,
        severity=Severity.WARNING if lasting else Severity.INFO,
        confidence=0.95 if lasting else 0.6,
        title=msg("{place}: the other side does not read, the window is closed", **values),
        summary=msg("{count} connections cannot send: {bytes} bytes wait here for a window.", **values),
        hit=hit(facts, rows),
        cause=msg("The peer's buffer is full, because its program does not read."),
        evidence=[
            reading(facts, row, "timer", "probes", "backoff", "send_queue", "notsent_bytes", "snd_wnd_bytes", "last_ack_recv_ms"),
            *counters(facts, "TcpExt.TCPWinProbe", "TcpExt.TCPFromZeroWindowAdv"),
        ],
        ruled_out=[RuledOut("half_open.peer_vanished", msg("the persist timer runs: the peer has acknowledged everything that was sent"))],
        advice=flow.ZERO_WINDOW,
    )


def _receiver(facts: HostFacts, group: HostGroup) -> Finding:
    rows, row, owners = group.rows, int(group.rows[0]), facts.owners(group.rows)
    values = {
        "owner": name_of(group, owners),
        "count": format_count(len(rows)),
        "bytes": format_count(int(facts.t["recv_queue"][rows].sum())),
    }
    return finding(
        facts,
        RULE,
        subject=place(group),
        rows=rows,
        confidence=0.95,
        title=msg("{owner} does not read: its window is closed", **values),
        summary=msg("{count} connections have full receive buffers, {bytes} bytes in all, from which nothing was read.", **values),
        hit=hit(facts, rows),
        owners=owners,
        cause=msg("The program does not call recv() on them: it waits for something else, or it has forgotten them."),
        evidence=[
            reading(facts, row, "recv_queue", "rmem_alloc_bytes", "rcvbuf_bytes", "last_data_recv_ms"),
            *counters(facts, "TcpExt.TCPToZeroWindowAdv", "TcpExt.TCPWantZeroWindowAdv", "TcpExt.TCPZeroWindowDrop"),
        ],
        ruled_out=[RuledOut("flow.receive_backlog", msg("the buffer is full, so the sender has to stop"))],
        advice=flow.ZERO_WINDOW,
    )
