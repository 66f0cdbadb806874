"""A listener's accept queue is full: completed handshakes are thrown away.

What it sees
    ListenOverflows moves; listeners whose queue (Recv-Q) is longer than its limit (Send-Q).  The queue holds backlog + 1.

Why it matters
    Clients believe they are connected, or try again after 1, 3, 7 s.  The service looks idle meanwhile.

Evidence required
    The counter, and the queue that is full now or was before.  The counters count dropped segments with their repetitions, not
    clients: three clients gave 9 to 21.  A queue that is full in both snapshots is a fault even before anybody knocks.

What else looks like this
    A SYN flood fills the SYN queue, and the accept queue is short (`attack.syn_flood`, `handshake.syn_queue_full`).  A filter on the way
    leaves the counters alone (`handshake.filtered`).

What to do
    Accept faster, then listen() with a larger backlog; net.core.somaxconn bounds it at the moment of listen().

References
    RFC 9293 §3.10.7.2; net/ipv4/tcp_ipv4.c tcp_conn_request, tcp_v4_syn_recv_sock
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from estab.diagnose.advice import handshake
from estab.diagnose.advice.declare import Advice
from estab.diagnose.evidence.host_listeners import full_listeners, likely_overflown, queue_words, waiting_to_be_accepted
from estab.diagnose.finding import Evidence, Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, knob, listener, name_of, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import MILLISECOND_NS, format_duration
from estab.text import Text, format_count, msg

RULE = Rule(
    code="handshake.accept_queue_overflow",
    title=msg("A listener's accept queue overflows"),
    severity=Severity.CRITICAL,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS, Need.COUNTERS}),
    knobs=("somaxconn", "tcp_abort_on_overflow"),
    references=("RFC 9293 §3.10.7.2",),
    yields_to=("app.fd_limit", "handshake.abort_on_overflow"),
)

COUNTERS = ("TcpExt.ListenOverflows", "TcpExt.ListenDrops", "TcpExt.TCPReqQFullDoCookies")


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each full listener; where none is full any more, for the one whose queue was the longest."""
    dropped = facts.moved("TcpExt.ListenOverflows")
    free = facts.unclaimed(RULE.yields_to)
    listeners = full_listeners(facts, free)
    for group in listeners:
        was_full = facts.t.was("recv_queue")[group.rows[0]] > facts.t.was("send_queue")[group.rows[0]]
        if dropped or was_full:
            yield _describe(facts, group, dropped, full_now=True)
    if dropped and not listeners and not facts.found(*RULE.yields_to):
        group_or_none = likely_overflown(facts)
        if group_or_none is not None:
            yield _describe(facts, group_or_none, dropped, full_now=False)


def _describe(facts: HostFacts, group: HostGroup, dropped: int, *, full_now: bool) -> Finding:
    row, owners = int(group.rows[0]), facts.owners(group.rows)
    values = {
        "listener": name_of(group, owners),
        "dropped": format_count(dropped),
        "length": format_count(int(facts.t["recv_queue"][row])),
        "limit": format_count(int(facts.t["send_queue"][row])),
    }
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=group.rows,
        severity=Severity.CRITICAL if dropped else Severity.WARNING,
        confidence=0.97 if full_now and dropped else 0.75,
        title=msg("{listener} does not accept connections fast enough", **values),
        summary=_summary(dropped, full_now, values),
        cause=_cause(facts, group),
        count=max(dropped, 1),
        owners=owners,
        evidence=_evidence(facts, group),
        ruled_out=[
            RuledOut("attack.syn_flood", msg("the accept queue was full: these handshakes were completed")),
            RuledOut("handshake.filtered", msg("the kernel itself counts the drops")),
        ],
        advice=_advice(facts, row),
    )


def _summary(dropped: int, full_now: bool, values: dict[str, str]) -> Text:
    if not dropped:
        return msg("Its accept queue is full ({length} of {limit}) and was so before: the next client will be dropped.", **values)
    if full_now:
        return msg("Its accept queue is full ({length} of {limit}); {dropped} segments of clients were dropped.", **values)
    return msg("{dropped} segments of clients were dropped at a full accept queue; it has been emptied since.", **values)


def _cause(facts: HostFacts, group: HostGroup) -> Text:
    waiting = waiting_to_be_accepted(facts, group.endpoint.port)
    if not len(waiting):
        return msg("The application does not call accept() as fast as clients arrive.")
    oldest = int(facts.t["last_ack_recv_ms"][waiting].max()) * MILLISECOND_NS
    values = {"count": format_count(len(waiting)), "oldest": format_duration(oldest)}
    return msg("The application does not call accept(): {count} connections wait for it, the oldest for {oldest}.", **values)


def _evidence(facts: HostFacts, group: HostGroup) -> list[Evidence]:
    row = int(group.rows[0])
    found: list[Evidence] = [*counters(facts, *COUNTERS), queue_words(facts, row), reading(facts, row, "recv_queue", "send_queue")]
    return [*found, *knob(facts, "somaxconn")]


def _advice(facts: HostFacts, row: int) -> Advice:
    """somaxconn is worth a word only where it is what bounds this listener."""
    base = handshake.ACCEPT_QUEUE_OVERFLOW
    limit = int(facts.t["send_queue"][row])
    if facts.number("somaxconn") > limit or limit >= 4096:
        return base
    return replace(base, remedy=(*base.remedy, handshake.SOMAXCONN))


def _same_listener(facts: HostFacts, row: int) -> int:
    return int(np.count_nonzero(facts.t.listening & (facts.t["local_port"] == facts.t["local_port"][row])))
