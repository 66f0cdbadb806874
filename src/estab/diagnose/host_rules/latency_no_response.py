"""Requests of this host were taken and have not been answered.

What it sees
    Connections opened here that got answers before, whose last data was ours, acknowledged, and at least 3 s ago.

Why it matters
    The server's program hangs, or the request is long; TCP is healthy on both sides.

Evidence required
    The times of the last data both ways, empty queues, no timer.  Long polls look the same: a note, unless a minute has passed on several.

What else looks like this
    Without an ACK the peer or the path is to blame (`half_open.peer_vanished`).  A time limit of the program's own (EAGAIN) is not TCP's.

What to do
    Look at the server's program.

References
    RFC 9293 §3.8.5
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import latency
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import finding, hit, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import MILLISECOND_NS, format_duration
from estab.machine.states import State
from estab.text import format_count, msg

RULE = Rule(
    code="latency.no_response",
    title=msg("Requests are taken but never answered"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    references=("RFC 9293 §3.8.5",),
    yields_to=("half_open.suspected", "half_open.peer_vanished", "close.close_wait_leak"),
)

WAITING_MS, LONG_MS, SEVERAL = 3_000, 60_000, 3


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each destination."""
    t = facts.t
    asked = (t["last_data_sent_ms"] < t["last_data_recv_ms"]) | ((t["bytes_received"] == 0) & (t["bytes_acked"] > 1))
    waiting = t.state(State.ESTABLISHED) & t.outbound & t.whole & asked & (t["last_data_sent_ms"] >= WAITING_MS)
    waiting &= (t["send_queue"] == 0) & (t["recv_queue"] == 0) & (t["bytes_acked"] > 1) & facts.unclaimed(RULE.yields_to)
    talks = (t["bytes_received"] > 0) | (t["bytes_sent"] < 16_384)  # who sends much and never hears anything sends one way
    for group in facts.by_place(waiting & talks, t["last_data_sent_ms"]):
        yield _describe(facts, group)


def _describe(facts: HostFacts, group: HostGroup) -> Finding:
    rows = group.rows
    longest_ms = int(facts.t["last_data_sent_ms"][rows[0]])
    old = int((facts.t["last_data_sent_ms"][rows] >= LONG_MS).sum())
    values = {
        "place": str(group.endpoint),
        "count": format_count(len(rows)),
        "longest": format_duration(longest_ms * MILLISECOND_NS),
    }
    return finding(
        facts,
        RULE,
        subject=place(group),
        rows=rows,
        severity=Severity.WARNING if old >= SEVERAL else Severity.INFO,
        confidence=0.6,
        title=msg("{place} has not answered {count} requests", **values),
        summary=msg("{count} connections have sent data that {place} acknowledged and did not answer, the oldest {longest} ago.", **values),
        hit=hit(facts, rows),
        cause=msg("The server's kernel has taken the request; its program has not answered, or the protocol expects no answer."),
        evidence=[reading(facts, int(rows[0]), "last_data_sent_ms", "last_data_recv_ms", "last_ack_recv_ms", "bytes_received")],
        ruled_out=[RuledOut("half_open.peer_vanished", msg("everything sent was acknowledged"))],
        advice=latency.NO_RESPONSE,
    )
