"""A listener is flooded with SYNs that nobody completes.

What it sees
    Many SYNs to one listener within a short time, most of them never followed by an ACK, and not repeated by their sources as a real
    client would.  Usually the sources are many, because they are forged.

Why it matters
    Each SYN takes a place in the listener's SYN queue.  Without SYN cookies real clients are dropped with the others; with cookies they
    get through, at the price of TCP options.

Evidence required
    At least 50 half-open attempts to one address and port, more than 10 a second, and most of all attempts in that time.

What else looks like this
    A burst of real clients completes its handshakes, or repeats its SYNs (`handshake.accept_queue_overflow`, `handshake.filtered`).  A
    blocked way back leaves few clients that repeat their SYNs (`handshake.return_path_blocked`).  One host that tries many ports is a scan.

What to do
    Keep SYN cookies on, enlarge the backlog, filter upstream.

References
    RFC 4987; RFC 9293 §3.10.7.2; Documentation/networking/ip-sysctl.rst tcp_syncookies, tcp_max_syn_backlog
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence.attempts import GIVEN_TIME_NS, confirmed, heard_late
from estab.diagnose.evidence.crowds import crowded
from estab.diagnose.facts import CLIENT, SERVER, Facts, Group, Mask, Rows
from estab.diagnose.finding import CounterEvidence, DoNot, Evidence, Finding, PacketsEvidence, Remedy, RemedyScope, RuledOut, Severity
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import SECOND_NS, format_duration
from estab.text import Text, format_count, msg
from estab.track import records

RULE = Rule(
    code="attack.syn_flood",
    title=msg("A listener is flooded with SYNs"),
    severity=Severity.CRITICAL,
    seen_from=Source.BOTH,
    needs=frozenset({Need.TIMES, Need.HANDSHAKES}),
    knobs=("tcp_syncookies", "tcp_max_syn_backlog", "somaxconn"),
    references=("RFC 4987", "RFC 9293 §3.10.7.2"),
)

FLOOD_SYNS = 50
FLOOD_RATE = 10
"""Half-open attempts a second."""
FLOOD_SHARE = 0.8
"""Of all attempts in that time."""
SPREAD_SOURCES = 20


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each flooded listener."""
    half_open = _half_open(facts)
    for group in facts.group_by_server(crowded(facts.connections.server_group, half_open, FLOOD_SYNS)):
        if _is_flood(facts, group.rows):
            yield _describe(facts, group)


def _half_open(facts: Facts) -> Mask:
    """One SYN, perhaps answered, never repeated and never acknowledged: at most a RST of a source that knew nothing of it."""
    client = facts.connections.client
    bare = (client.packets == client.syns + client.rsts + client.duplicates) & (client.payload_bytes == 0) & (client.syns == 1)
    return np.asarray(facts.attempted & facts.marked(records.OPENED_BY_SYN) & bare & ~confirmed(facts) & ~facts.refused & ~facts.one_way)


def _is_flood(facts: Facts, rows: Rows) -> bool:
    first_ns = np.sort(facts.connections.first_ns[rows])
    early, late = int(len(rows) * 0.1), int(len(rows) * 0.9) - 1
    rate = (late - early) * SECOND_NS / max(int(first_ns[late] - first_ns[early]), 1)
    given_time = facts.last_ns - facts.connections.first_ns[rows] >= GIVEN_TIME_NS // 2
    begin_ns, end_ns = int(first_ns[0]), int(first_ns[-1])
    when = facts.connections.first_ns
    meanwhile = facts.same_server(int(rows[0])) & facts.attempted & (when >= begin_ns) & (when <= end_ns)
    return bool(
        rate >= FLOOD_RATE and np.count_nonzero(given_time) >= FLOOD_SYNS and len(rows) >= FLOOD_SHARE * np.count_nonzero(meanwhile)
    )


def _describe(facts: Facts, group: Group) -> Finding:
    rows, name = group.rows, str(group.endpoint)
    connections = facts.connections
    begin_ns, end_ns = int(connections.first_ns[rows].min()), int(connections.first_ns[rows].max())
    sources = facts.distinct_clients(rows)
    attempts = facts.same_server(int(rows[0])) & facts.attempted
    victims = _victims(facts, attempts, rows, begin_ns, end_ns)
    values: dict[str, object] = {"server": name, "count": format_count(len(rows)), "sources": format_count(sources)}
    values |= {
        "lasted": format_duration(max(end_ns - begin_ns, 1)),
        "rate": format_count(round(len(rows) * SECOND_NS / max(end_ns - begin_ns, SECOND_NS))),
    }
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=np.concatenate([rows, victims]),
        count=len(rows),
        confidence=0.97 if sources >= SPREAD_SOURCES else 0.85,
        title=msg("{server} is flooded with SYNs", server=name),
        summary=msg(
            "{count} SYNs from {sources} addresses within {lasted} asked {server} for connections that nobody completed.", **values
        ),
        hit=hit_of(facts, np.concatenate([rows, victims]), attempts),
        cause=_cause(sources),
        evidence=_evidence(facts, rows, victims, values),
        ruled_out=[
            RuledOut(
                "handshake.accept_queue_overflow", msg("the handshakes are not completed by the clients; nothing waits to be accepted")
            ),
            RuledOut("handshake.return_path_blocked", msg("the sources do not repeat their SYNs, as clients that hear nothing do")),
            RuledOut("attack.port_scan", msg("all SYNs go to one port of one host")),
        ],
        remedy=_remedy(sources),
        do_not=[
            DoNot(msg("set tcp_syncookies=0 to keep TCP options: real clients are then dropped with the others")),
            DoNot(msg("block the source addresses one by one: they are forged"))
            if sources >= SPREAD_SOURCES
            else DoNot(msg("lower tcp_synack_retries to 0: real clients on lossy paths then fail")),
        ],
    )


def _victims(facts: Facts, attempts: Mask, rows: Rows, begin_ns: int, end_ns: int) -> Rows:
    """Attempts of real clients in that time that went unanswered, or were answered late."""
    client, when = facts.connections.client, facts.connections.first_ns
    meanwhile = attempts & (when >= begin_ns) & (when <= end_ns + GIVEN_TIME_NS)
    unheard = (facts.connections.server.packets == 0) & (client.retransmit_syn > 0)
    hurt = meanwhile & (unheard | heard_late(facts))
    hurt[rows] = False
    return np.flatnonzero(hurt)


def _cause(sources: int) -> Text:
    if sources >= SPREAD_SOURCES:
        return msg("SYNs with forged source addresses: the answers go to hosts that never asked.")
    return msg("A few hosts send SYNs without completing the handshake: a flooding tool, or clients that are stopped from answering.")


def _evidence(facts: Facts, rows: Rows, victims: Rows, values: dict[str, object]) -> list[Evidence]:
    client, server = facts.connections.client, facts.connections.server
    row = int(rows[0])
    answered = int(np.count_nonzero(server.syn_acks[rows] > 0))
    repeated = int(np.count_nonzero(server.syn_acks[rows] > client.syns[rows]))
    found: list[Evidence] = [
        PacketsEvidence(
            msg(
                "{count} SYNs, {rate} a second, each sent once and never followed by an ACK; the first of them",
                count=values["count"],
                rate=values["rate"],
            ),
            row,
            facts.frames(row, (CLIENT, "syn_frame"), (SERVER, "syn_frame")),
        ),
    ]
    numbers = {"answered": format_count(answered), "repeated": format_count(repeated), "silent": format_count(len(rows) - answered)}
    found.append(
        CounterEvidence(
            msg("{answered} were answered by SYN-ACK, {repeated} of these more than once; {silent} were dropped", **numbers),
            "syn_acks",
            0,
            answered,
        )
    )
    if len(victims):
        hurt = int(victims[0])
        text = msg(
            "{count} other clients had to repeat their SYN meanwhile",
            "{count} other client had to repeat its SYN meanwhile",
            count=format_count(len(victims)),
        )
        found.append(PacketsEvidence(text, hurt, facts.frames(hurt, (CLIENT, "syn_frame"), (CLIENT, "retransmit_frame"))))
    return found


def _remedy(sources: int) -> list[Remedy]:
    found = [
        Remedy(
            RemedyScope.APPLICATION, msg("Give listen() a backlog of 4096, so that the SYN queue is as long, and restart the listener.")
        ),
        Remedy(
            RemedyScope.KERNEL,
            msg("SYN cookies on: the listener then answers without holding a place for each SYN."),
            set={"net.ipv4.tcp_syncookies": 1},
            undo={"net.ipv4.tcp_syncookies": 0},
            valid=msg("Linux >= 2.6.33 (also over IPv6); 1 is the default"),
            caution=msg("Connections opened by a cookie keep window scaling and SACK only where the client uses timestamps."),
        ),
        Remedy(
            RemedyScope.KERNEL,
            msg("A longer limit for backlogs; listen() has to be called again."),
            set={"net.core.somaxconn": 4096},
            undo={"net.core.somaxconn": 128},
            valid=msg("Linux (4096 is the default since 5.4, 128 before)"),
        ),
    ]
    if sources >= SPREAD_SOURCES:
        return [
            *found,
            Remedy(RemedyScope.HOST, msg("Filter upstream: SYN proxy at the border, source address validation (BCP 38) at the provider.")),
        ]
    return [
        *found,
        Remedy(RemedyScope.HOST, msg("Limit the SYN rate of these addresses in the packet filter, and look at what runs there.")),
    ]
