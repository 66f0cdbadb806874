"""A listener closed, or its process ended, while clients were connected and waited to be served.

What it sees
    Several complete handshakes on one listener whose program never sent anything; then all of them are reset at one instant.

Why it matters
    Clients that were already connected get ECONNRESET at each restart of the service.

Evidence required
    At least two such connections, RSTs with ACK within 50 ms of each other, each after a wait of its own; and either they had begun at
    different moments, or the listener refuses connections afterwards.

What else looks like this
    A program that aborts each connection by itself (`rst.abort`, `rst.unread_data`) does so after the same time for each.  A full queue
    with tcp_abort_on_overflow resets at the moment of the handshake (`handshake.accept_queue_overflow`).

What to do
    Take the server out of the balancer and drain the accept queue before the listener is closed.

References
    RFC 9293 §3.10.4; net/ipv4/inet_connection_sock.c inet_csk_listen_stop
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import listen
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence.attempts import attempts_like, confirmed
from estab.diagnose.facts import SERVER, Facts, Group, Mask, Rows
from estab.diagnose.finding import Evidence, Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import MILLISECOND_NS, format_duration
from estab.text import format_count, msg
from estab.track import records

RULE = Rule(
    code="listen.closed_with_pending",
    title=msg("A listener closed while connections were waiting"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.BOTH_DIRECTIONS, Need.TIMES, Need.HANDSHAKES}),
    knobs=("tcp_migrate_req", "SO_REUSEPORT"),
    references=("RFC 9293 §3.10.4", "ip-sysctl: tcp_migrate_req"),
    yields_to=("attack.blind_rst", "attack.port_scan", "handshake.accept_queue_overflow", "rst.injected", "rst.from_middlebox"),
)

LEAST = 2
INSTANT_NS = 50 * MILLISECOND_NS
WAIT_NS = 200 * MILLISECOND_NS
"""What each had waited at the least since its handshake: an abort at accept() comes sooner."""
SPREAD = 3
"""How much further apart the connections began than they were reset, where nothing else tells that it was one event."""


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener and instant."""
    waiting = _waiting(facts) & facts.unclaimed(RULE.yields_to)
    if np.count_nonzero(waiting) < LEAST:
        return
    for group in facts.group_by_server(waiting):
        for rows in _instants(facts, group.rows):
            refused = _refused_afterwards(facts, rows)
            if refused or _began_apart(facts, rows):
                yield _describe(facts, group, rows, refused=refused)


def _waiting(facts: Facts) -> Mask:
    """Connected, heard nothing of the server's program, and reset by the server's own socket after a while."""
    server = facts.connections.server
    mute = (server.data_packets == 0) & (server.fins == 0) & (facts.connections.client.fins == 0)
    aborted = facts.side_marked(SERVER, records.RESET_WITH_ACK) & ~facts.side_marked(SERVER, records.RESET_TTL_ODD)
    waited_ns = server.rst_ns - facts.connections.handshake_ack_ns
    first = facts.connections.rst_first_side == SERVER
    return np.asarray(confirmed(facts) & mute & aborted & first & (waited_ns >= WAIT_NS) & ~facts.one_way)


def _instants(facts: Facts, rows: Rows) -> Iterator[Rows]:
    """The rows that were reset together, where there are several."""
    rst_ns = facts.connections.server.rst_ns[rows]
    order = np.argsort(rst_ns, kind="stable")
    borders = np.flatnonzero(np.diff(rst_ns[order]) > INSTANT_NS) + 1
    for together in np.split(rows[order], borders):
        if len(together) >= LEAST:
            yield together


def _began_apart(facts: Facts, rows: Rows) -> bool:
    began_ns, ended_ns = facts.connections.handshake_ack_ns[rows], facts.connections.server.rst_ns[rows]
    return int(np.ptp(began_ns)) >= max(SPREAD * int(np.ptp(ended_ns)), INSTANT_NS)


def _refused_afterwards(facts: Facts, rows: Rows) -> bool:
    same = facts.rows_to_server(int(rows[0]))
    later = facts.refused[same] & (facts.connections.first_ns[same] > facts.connections.server.rst_ns[rows].min())
    return bool(later.any())


def _describe(facts: Facts, group: Group, rows: Rows, *, refused: bool) -> Finding:
    connections, row = facts.connections, int(rows[0])
    waited_ns = connections.server.rst_ns[rows] - connections.handshake_ack_ns[rows]
    name = str(group.endpoint)
    values = {"listener": name, "count": format_count(len(rows)), "longest": format_duration(int(waited_ns.max()))}
    values |= {"span": format_duration(int(np.ptp(connections.server.rst_ns[rows])))}
    evidence: list[Evidence] = [
        PacketsEvidence(
            msg("{count} RSTs within {span}; the longest wait before was {longest}", **values),
            row,
            facts.frames(row, (SERVER, "rst_frame")),
        )
    ]
    if refused:
        same = facts.rows_to_server(row)
        asked = int(same[facts.refused[same] & (connections.first_ns[same] > connections.server.rst_ns[row])][0])
        evidence.append(PacketsEvidence(msg("afterwards nobody listens there"), asked, facts.frames(asked, (SERVER, "rst_frame"))))
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        confidence=0.9 if refused else 0.75,
        title=msg("{listener} was closed with {count} connections waiting", **values),
        summary=msg("{count} clients were connected to {listener} and waited for its program; they were reset together.", **values),
        hit=hit_of(facts, rows, attempts_like(facts, row)),
        cause=msg(
            "The listener was closed, and with it the kernel resets all that wait in its accept queue; or the process ended that "
            "had accepted these and not read them."
        ),
        evidence=evidence,
        ruled_out=[
            RuledOut("rst.abort", msg("they are reset at one instant, however long each had waited")),
            RuledOut("half_open.peer_restarted", msg("the RST carries ACK: a socket was there and spoke")),
        ],
        remedy=listen.CLOSED_WITH_PENDING.remedy,
        do_not=listen.CLOSED_WITH_PENDING.do_not,
    )
