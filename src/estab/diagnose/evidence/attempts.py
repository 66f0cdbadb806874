"""Connection attempts: which SYNs were heard and which were not, and what the server did with handshakes it had begun.

All masks have one entry a connection.  A capture that misses a direction of a connection says nothing about its answers; such
connections are left out (`Facts.one_way`).
"""

from __future__ import annotations

import numpy as np

from estab.diagnose.facts import SERVER, Column, Facts, Mask, Rows, Vantage
from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.track import records

SMALL_BYTES = 1_000
"""A payload below this fits through every path, so that its loss is no matter of the path MTU."""
LONG_WAIT_NS = 300 * MILLISECOND_NS
"""The second timeout at the least (RFC 6298 §5.5; Linux begins with 200 ms and a round trip)."""
GIVEN_TIME_NS = SECOND_NS
"""The first SYN is repeated after this (RFC 6298 §2.1): a SYN unanswered for as long has gone unheard."""


def unheard(facts: Facts) -> Mask:
    """A SYN was repeated, or long alone, and nothing ever came back: no packet, no ICMP error."""
    client, server = facts.connections.client, facts.connections.server
    silent = facts.attempted & (client.packets == client.syns + client.duplicates) & (server.packets == 0)
    return np.asarray(silent & (facts.connections.icmp_count == 0) & (client.retransmit_syn > 0) & ~facts.one_way)


def heard_late(facts: Facts) -> Mask:
    """The first SYN went unanswered, and a repeated one was answered."""
    client, server = facts.connections.client, facts.connections.server
    late = (client.retransmit_syn > 0) & (server.syn_acks > 0) & (server.first_syn_ns > client.retransmit_first_ns)
    paused_ns = client.retransmit_first_ns - client.first_syn_ns
    answered_ns = server.first_syn_ns - np.minimum(client.last_syn_ns, server.first_syn_ns)
    return np.asarray(late & (2 * answered_ns < paused_ns))  # else the round trip is longer than the timer, and nothing was lost


def answered_at_once(facts: Facts) -> Mask:
    """The first SYN was answered by SYN-ACK."""
    return facts.attempted & facts.answered & ~heard_late(facts)


def confirmed(facts: Facts) -> Mask:
    """The client's ACK of the SYN-ACK went by the capture point."""
    return facts.marked(records.SAW_HANDSHAKE_ACK)


def repeated_by_server(facts: Facts) -> Mask:
    """The server repeated its SYN-ACK by its own timer although the client's ACK had gone by (more SYN-ACKs than SYNs)."""
    connections = facts.connections
    own_timer = connections.server.syn_acks > connections.client.syns
    return np.asarray(own_timer & (connections.syn_ack_after_ack > 0) & ~facts.marked(records.SIMULTANEOUS_OPEN))


def data_before_repeat(facts: Facts) -> Mask:
    """Of those: the client had sent data, too, well before the SYN-ACK came again, and the server had taken none of it."""
    client, server = facts.connections.client, facts.connections.server
    early = (client.first_data_ns > 0) & (client.first_data_ns + 100 * MILLISECOND_NS < server.retransmit_first_ns)
    return np.asarray(repeated_by_server(facts) & early & (at_server(facts) | (client.retransmit_data > 0)))


def at_server(facts: Facts) -> Mask:
    """Captured beside the server; where a connection itself does not tell (a repeated SYN-ACK times nothing), the others speak for it."""
    unknown = (facts.vantage == int(Vantage.UNKNOWN)) & (facts.capture_vantage is Vantage.SERVER)
    return np.asarray((facts.vantage == int(Vantage.SERVER)) | unknown)


def never_taken(facts: Facts) -> Mask:
    """A completed handshake, small data repeated at least twice, and not one packet of the server behind its SYN-ACKs."""
    client, server = facts.connections.client, facts.connections.server
    mute = (server.syn_acks > 0) & (server.packets == server.syn_acks + server.duplicates)
    insisting = (client.run_max >= 2) & (client.data_packets > 0) & (client.max_payload < SMALL_BYTES)
    return np.asarray(
        confirmed(facts) & mute & insisting & ~facts.side_marked(SERVER, records.RST_SENT | records.FIN_SENT) & ~facts.one_way
    )


def taken_late(facts: Facts) -> Mask:
    """A completed handshake, and small first data that the server took only when it had been repeated by timers at least twice: until then
    it was silent, and repeated no SYN-ACK either."""
    client, server = facts.connections.client, facts.connections.server
    first_only = (client.run_max >= 2) & (client.retransmit_data == client.run_max) & (client.max_payload < SMALL_BYTES)
    by_timer = (client.timeouts >= 1) & (client.repeat_wait_max_ns >= LONG_WAIT_NS)
    silent_ns = client.retransmit_last_ns - server.first_syn_ns
    silent = (silent_ns > 0) & (server.gap_longest_ns >= silent_ns) & (server.retransmits == 0)
    taken = (server.packets > server.syn_acks + server.duplicates) & (client.acked > client.isn + 1)
    return np.asarray(confirmed(facts) & first_only & by_timer & silent & taken & (server.syn_acks > 0) & ~facts.one_way)


def reset_on_ack(facts: Facts) -> Mask:
    """The server answered the ACK of its own SYN-ACK with RST: one without the ACK bit, as sent where no socket takes a segment.

    net/ipv4/tcp_minisocks.c tcp_check_req does this with tcp_abort_on_overflow; a socket that is closed by its application sends
    RST with ACK (tcp_send_active_reset).
    """
    connections, server = facts.connections, facts.connections.server
    bare = facts.side_marked(SERVER, records.RST_SENT) & ~facts.side_marked(SERVER, records.RESET_WITH_ACK | records.RESET_TTL_ODD)
    nothing_taken = (server.data_packets == 0) & (server.pure_acks == 0) & (server.fins == 0)
    soon = server.rst_ns - connections.handshake_ack_ns <= 100 * MILLISECOND_NS + 4 * facts.synack_delay_ns
    first = (connections.rst_first_side == SERVER) & (connections.client.fins == 0)
    return np.asarray(confirmed(facts) & bare & nothing_taken & soon & first)


def served(facts: Facts) -> Mask:
    """The server's application showed itself: data, or a FIN."""
    server = facts.connections.server
    return np.asarray((server.data_packets > 0) | (server.fins > 0))


def waited_ns(facts: Facts, rows: Rows) -> Column:
    """How long each client of `rows` has tried: from its first SYN to its last."""
    client = facts.connections.client
    return np.asarray(np.maximum(client.last_syn_ns[rows] - client.first_syn_ns[rows], 0))


def attempts_like(facts: Facts, row: int) -> Rows:
    """All attempts to the listener of this connection."""
    rows = facts.rows_to_server(row)
    return np.asarray(rows[facts.attempted[rows]])


def data_loss(facts: Facts, among: Rows) -> float:
    """The share of data segments sent again in the connections of `among`."""
    sent = again = 0
    for side in (facts.connections.client, facts.connections.server):
        sent += int(side.data_packets[among].sum())
        again += int(side.retransmit_data[among].sum())
    return again / sent if sent else 0.0
