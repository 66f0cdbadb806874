"""Many connections wait in TIME-WAIT at one host.

What it sees
    At least 100 connections that one end closed first, in order, within 60 s: so many sockets stand in TIME-WAIT there at once.

Why it matters
    TIME-WAIT is the normal end of the side that closes first; it lasts 60 s on Linux, costs a few hundred bytes, no file descriptor and
    hardly any CPU.  It hurts only where a client runs out of ports towards one destination (`ports.exhausted`), or where
    tcp_max_tw_buckets overflows.

Evidence required
    Who sent the first FIN, and how many such closings fall into one minute.

What else looks like this
    FIN-WAIT-2 of a peer that never closes (`close.fin_wait2_stuck`) is counted as `tw` by /proc/net/sockstat, too.  CLOSE-WAIT is a leak
    (`close.close_wait_leak`), TIME-WAIT is none.

What to do
    Usually nothing.  Fewer and longer connections, or the other end closing first, move or remove it.

References
    RFC 9293 §3.6.1, §3.4.2; include/net/tcp.h TCP_TIMEWAIT_LEN; Documentation/networking/ip-sysctl.rst tcp_tw_reuse, tcp_max_tw_buckets
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.compose import finding, hit_of, owner
from estab.diagnose.evidence.crowds import crowded
from estab.diagnose.evidence.time_wait import in_time_wait, peak, waiting_at_end
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group
from estab.diagnose.finding import CounterEvidence, DoNot, Evidence, Finding, PacketsEvidence, Remedy, RemedyScope, RuledOut, Severity
from estab.diagnose.rule import Need, Rule, Source
from estab.text import Text, format_count, msg

RULE = Rule(
    code="timewait.pileup",
    title=msg("Many connections are in TIME-WAIT"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.TIMES, Need.BOTH_DIRECTIONS}),
    knobs=("tcp_tw_reuse", "tcp_max_tw_buckets", "ip_local_port_range"),
    references=("RFC 9293 §3.6.1",),
    yields_to=("ports.exhausted",),
)

PILE = 100
"""Sockets in TIME-WAIT at once that people begin to ask about."""


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener, and each client host, that keeps many."""
    for side in (SERVER, CLIENT):
        closed = in_time_wait(facts, side) & facts.unclaimed(RULE.yields_to)
        numbers = facts.connections.server_group if side == SERVER else facts.connections.client_address_group
        for group in facts.group_by_side(crowded(numbers, closed, PILE), side):
            most = peak(facts.connections.last_ns[group.rows])
            if most >= PILE:
                yield _describe(facts, group, side, most)


def _describe(facts: Facts, group: Group, side: int, most: int) -> Finding:
    rows, row = group.rows, int(group.rows[0])
    name = str(group.endpoint) if side == SERVER else group.endpoint.address
    kin = facts.rows_to_server(row) if side == SERVER else facts.rows_from_client(row)
    values = {
        "owner": name,
        "peak": format_count(most),
        "left": format_count(waiting_at_end(facts, rows)),
        "count": format_count(len(rows)),
    }
    return finding(
        facts,
        RULE,
        subject=owner(group, side),
        rows=rows,
        confidence=0.95,
        title=msg("{owner} keeps {peak} connections in TIME-WAIT", owner=name, peak=values["peak"]),
        summary=msg(
            "{owner} closed {count} connections first; up to {peak} of them stood in TIME-WAIT at once, {left} when the capture ended.",
            **values,
        ),
        hit=hit_of(facts, rows, kin),
        cause=_cause(side),
        evidence=_evidence(facts, row, side, most),
        ruled_out=[
            RuledOut("close.fin_wait2_stuck", msg("both ends sent FIN, and it was acknowledged")),
            RuledOut("close.close_wait_leak", msg("both ends sent FIN, so no application forgot to close")),
        ],
        remedy=[
            Remedy(
                RemedyScope.APPLICATION,
                msg("Nothing has to be done about TIME-WAIT itself. To have less of it, keep connections open and use them again."),
            ),
            Remedy(RemedyScope.APPLICATION, _closer_advice(side)),
        ],
        do_not=_do_not(side),
    )


def _cause(side: int) -> Text:
    if side == SERVER:
        return msg(
            "The server closes each connection first, so it keeps TIME-WAIT for 60 s. At a listener "
            "this costs memory only: no ports, no descriptors."
        )
    return msg(
        "The client closes each connection first, so it keeps TIME-WAIT for 60 s. Each holds one source port towards its destination."
    )


def _closer_advice(side: int) -> Text:
    if side == SERVER:
        return msg("Let the client close first where the protocol allows it: TIME-WAIT then stays with the clients.")
    return msg("Let the server close first where the protocol allows it, or use a pool of connections.")


def _evidence(facts: Facts, row: int, side: int, most: int) -> list[Evidence]:
    frames = facts.frames(row, (side, "fin_frame"), (1 - side, "fin_frame"), (side, "last_frame"))
    return [
        PacketsEvidence(msg("the first of them: its FIN, the other end's FIN, and the last ACK"), row, frames),
        CounterEvidence(msg("closings within 60 s, at most: {count}", count=format_count(most)), "time_wait", 0, most),
    ]


def _do_not(side: int) -> list[DoNot]:
    reuse = (
        DoNot(msg("expect tcp_tw_reuse to help: it concerns outgoing connections, and these are incoming"))
        if side == SERVER
        else DoNot(msg("use SO_LINGER with 0 s to avoid TIME-WAIT: it resets connections and loses data"))
    )
    return [
        reuse,
        DoNot(msg("lower tcp_fin_timeout: it bounds FIN-WAIT-2, and TIME-WAIT stays at 60 s")),
        DoNot(msg("lower tcp_max_tw_buckets: sockets beyond it are dropped, and their peers get RST")),
        DoNot(msg("look for tcp_tw_recycle: it broke clients behind NAT and is gone since Linux 4.12")),
    ]
