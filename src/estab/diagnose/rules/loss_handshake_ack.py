"""The client's ACK of the SYN-ACK was lost.

What it sees
    The server repeats its SYN-ACK by its own timer while the client does not repeat its SYN: the client had heard the first SYN-ACK, and
    its ACK did not arrive.  The connection comes about all the same.

Why it matters
    A client that waits for the server to speak first waits a second longer; one that speaks first loses nothing, because its data carries
    the same acknowledgement.

Evidence required
    The SYN-ACK, its repetition, and the ACK: before the repetition where the capture was taken near the client, only behind it where near
    the server.

What else looks like this
    Where the SYN-ACK itself was lost the client repeats its SYN as well.  Data that went by and was not taken either means a full accept
    queue (`handshake.accept_queue_overflow`).  TCP_DEFER_ACCEPT leaves a bare ACK aside on purpose.

What to do
    Nothing for single ones; look for loss on the way from the client to the server where there are many.

References
    RFC 9293 §3.8.3, §3.10.7.4; net/ipv4/inet_connection_sock.c reqsk_timer_handler
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import loss
from estab.diagnose.compose import finding, hit_of, listener
from estab.diagnose.evidence.attempts import at_server, attempts_like, confirmed
from estab.diagnose.facts import SERVER, Facts, Group, Mask
from estab.diagnose.finding import Finding, PacketsEvidence, RuledOut, Severity
from estab.diagnose.grouping import tell
from estab.diagnose.rule import Need, Rule
from estab.instant import MILLISECOND_NS, format_duration
from estab.text import format_count, msg

RULE = Rule(
    code="loss.handshake_ack",
    title=msg("The ACK of a SYN-ACK was lost"),
    severity=Severity.INFO,
    needs=frozenset({Need.TIMES, Need.BOTH_DIRECTIONS, Need.HANDSHAKES}),
    references=("RFC 9293 §3.8.3",),
    yields_to=("handshake.accept_queue_overflow", "handshake.return_path_blocked", "attack.syn_flood"),
)

TIMER_NS = 400 * MILLISECOND_NS
"""A SYN-ACK repeated sooner was not repeated by a timer (RFC 6298 §2.1 begins with 1 s)."""


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each listener."""
    yield from tell(facts.group_by_server(_lost(facts) & facts.unclaimed(RULE.yields_to)), functools.partial(_describe, facts))


def _lost(facts: Facts) -> Mask:
    connections, client, server = facts.connections, facts.connections.client, facts.connections.server
    own_timer = (client.syns == 1) & (server.syn_acks > 1) & (server.retransmit_first_ns - server.first_syn_ns >= TIMER_NS)
    before = connections.syn_ack_after_ack > 0
    waited_ns = server.retransmit_first_ns - server.first_syn_ns
    prompt_ns = connections.handshake_ack_ns - np.where(before, server.first_syn_ns, server.last_syn_ns)
    prompt = 2 * prompt_ns < waited_ns  # else the round trip may be longer than the timer, and nothing was lost
    arrived = before & at_server(facts)
    came_about = (server.packets > server.syn_acks + server.duplicates) | (client.data_packets + client.fins > 0)
    return np.asarray(own_timer & confirmed(facts) & prompt & ~arrived & came_about)


def _describe(facts: Facts, group: Group) -> Finding:
    connections, server = facts.connections, facts.connections.server
    rows = group.rows[np.argsort(-server.syn_acks[group.rows], kind="stable")]
    row = int(rows[0])
    seen = bool(connections.syn_ack_after_ack[row])
    values = {"server": str(group.endpoint), "count": format_count(len(rows))}
    waited = format_duration(int(server.retransmit_first_ns[row] - server.first_syn_ns[row]))
    frames = sorted(
        {*facts.frames(row, (SERVER, "syn_frame"), (SERVER, "retransmit_frame")), int(connections.handshake_ack_frame[row])} - {0}
    )
    return finding(
        facts,
        RULE,
        subject=listener(group.endpoint),
        rows=rows,
        confidence=0.85,
        title=msg("ACKs of SYN-ACKs did not reach {server}", server=str(group.endpoint)),
        summary=msg(
            "{server} repeated the SYN-ACK of {count} connections whose client had heard it: the client's ACK was lost on the way.",
            **values,
        ),
        hit=hit_of(facts, rows, attempts_like(facts, row)),
        cause=msg("A single packet was lost between client and server; the repeated SYN-ACK brought out a second ACK."),
        evidence=[
            PacketsEvidence(msg("the ACK went by, and the SYN-ACK came again after {waited}", waited=waited), row, tuple(frames))
            if seen
            else PacketsEvidence(
                msg("the SYN-ACK came again after {waited}; the client acknowledged it, and had not repeated its SYN", waited=waited),
                row,
                tuple(frames),
            )
        ],
        ruled_out=[
            RuledOut("handshake.return_path_blocked", msg("the client hears the server: it did not repeat its SYN")),
            RuledOut("handshake.accept_queue_overflow", msg("the server took the connection as soon as an ACK arrived")),
        ],
        remedy=loss.HANDSHAKE_ACK.remedy,
    )
