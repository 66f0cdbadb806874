"""FIN, RST and ICMP errors: how a connection ends."""

from __future__ import annotations

from typing import Any

from estab.lives import kernel
from estab.seq import unwrap
from estab.track.records import (
    CROSSING_FINS,
    FIN_SENT,
    HAS_ACK_SENT,
    HAS_ACKED,
    HAS_SEQ,
    IN_TIMEOUT_RECOVERY,
    REFUSED,
    RESET_AFTER_FIN,
    RESET_EXACT,
    RESET_ON_DATA,
    RESET_TTL_ODD,
    RESET_UNREAD,
    RESET_WITH_ACK,
    RST_SENT,
    SPOKE_AFTER_RESET,
)
from estab.track.verdict import RESET_CHALLENGED, RESET_IGNORED
from estab.wire.columns import ACK

LEAST_MTU_4 = 552
"""What Linux lowers an IPv4 path to at the least (net.ipv4.route.min_pmtu)."""
LEAST_MTU_6 = 1_280
"""RFC 8200 §5."""


@kernel
def finish(packet: Any, connection: Any, me: Any, peer: Any, side: int, position: int) -> None:
    """Takes a packet with FIN."""
    me.fins += 1
    if me.marks & FIN_SENT:
        return
    me.marks |= FIN_SENT
    me.fin_position = position + packet.payload
    me.fin_ack = unwrap(packet.ack, peer.snd_max)
    me.fin_ns, me.fin_frame = packet.time_ns, packet.frame
    if connection.fins_first_side < 0:
        connection.fins_first_side = side
    elif peer.marks & FIN_SENT and me.fin_ack <= peer.fin_position:
        connection.marks |= CROSSING_FINS


@kernel
def reset(packet: Any, connection: Any, me: Any, peer: Any, side: int) -> int:
    """Takes a RST: whether the receiver will believe it (RFC 9293 §3.10.7, RFC 5961 §3.2), and what it tells of its sender."""
    verdict = validity(packet, me, peer)
    me.rsts += 1
    if verdict & RESET_IGNORED:
        me.resets_ignored += 1
    elif verdict & RESET_CHALLENGED:
        me.resets_challenged += 1
    if me.marks & RST_SENT:
        if me.marks & RESET_TTL_ODD and me.ttl_min <= packet.ttl <= me.ttl_max:
            me.marks |= SPOKE_AFTER_RESET
        return verdict
    me.marks |= RST_SENT
    describe(packet, connection, me, peer, side)
    if not verdict:
        me.marks |= RESET_EXACT
    if connection.rst_first_side < 0:
        connection.rst_first_side = side
    if side == 1 and peer.syns > 0 and me.syns + me.syn_acks == 0 and me.data_packets == 0:
        connection.marks |= REFUSED
    return verdict


@kernel
def describe(packet: Any, connection: Any, me: Any, peer: Any, side: int) -> None:
    """Keeps the circumstances of a side's first RST."""
    me.rst_ns, me.rst_frame = packet.time_ns, packet.frame
    me.rst_window, me.rst_ttl = packet.window, packet.ttl
    if packet.flags & ACK:
        me.marks |= RESET_WITH_ACK
    if me.packets > 0 and (packet.ttl < me.ttl_min or packet.ttl > me.ttl_max):
        me.marks |= RESET_TTL_ODD
    if me.marks & FIN_SENT:
        me.marks |= RESET_AFTER_FIN
    if connection.last_side != side and peer.last_flags > 0xFFFF:
        me.marks |= RESET_ON_DATA
    if peer.last_data_ns > 0 and peer.last_data_ns > me.last_data_ns:
        me.marks |= RESET_UNREAD
    if peer.marks & HAS_SEQ and me.marks & HAS_ACK_SENT:
        me.unacked_at_rst_bytes = peer.snd_max - me.ack_sent


@kernel
def validity(packet: Any, me: Any, peer: Any) -> int:
    """0 for a RST that the receiver obeys, else RESET_CHALLENGED (in the window, not at its edge) or RESET_IGNORED.

    Seen from between the ends the edge is blurred by what is under way: the number is exact where it is what the receiver has
    acknowledged, or anything up to what the sender has sent.
    """
    if not me.marks & HAS_SEQ or me.packets == 0:
        if packet.flags & ACK and peer.marks & HAS_SEQ:  # answers a SYN: its acknowledgement must cover that SYN
            ahead = unwrap(packet.ack, peer.snd_max) - peer.snd_max
            return RESET_IGNORED if ahead > 0 or ahead < -(1 << 24) else 0
        return 0
    position = unwrap(packet.seq, me.snd_max)
    expected = peer.ack_sent if peer.marks & HAS_ACK_SENT else me.snd_max
    if expected <= position <= me.snd_max or (me.marks & FIN_SENT != 0 and position == me.snd_max - 1):
        return 0
    if packet.seq == 0 and packet.flags & ACK and not me.marks & HAS_ACKED:
        return 0
    edge = peer.window_edge if peer.window_edge > expected else expected + 1
    return RESET_CHALLENGED if expected < position < edge else RESET_IGNORED


@kernel
def take_path_mtu(packet: Any, me: Any) -> None:
    """Keeps the segment size that fits an MTU named by a router; less than every host must take is not believed."""
    version_4 = packet.src0 == 0 and packet.src1 == 0 and packet.src2 == 0xFFFF
    least, headers = (LEAST_MTU_4, 40) if version_4 else (LEAST_MTU_6, 60)
    mss = (packet.icmp_mtu if packet.icmp_mtu > least else least) - headers
    if me.path_mss == 0 or mss < me.path_mss:
        me.path_mss = mss


@kernel
def icmp_error(packet: Any, connection: Any, side: int, me: Any) -> None:
    """Attaches an ICMP error to the connection whose segment it quotes; `side` sent that segment."""
    connection.icmp_count += 1
    if packet.icmp_mtu > 0:
        if connection.icmp_mtu == 0 or packet.icmp_mtu < connection.icmp_mtu:
            connection.icmp_mtu = packet.icmp_mtu
        take_path_mtu(packet, me)
        me.marks |= IN_TIMEOUT_RECOVERY  # it cuts anew and repeats what was too long: neither timer nor receiver asked for that
        me.recover = me.snd_max
    if connection.icmp_side >= 0:
        return
    connection.icmp_side = side
    connection.icmp_ns, connection.icmp_frame = packet.time_ns, packet.frame
    connection.icmp_type, connection.icmp_code = packet.icmp_type, packet.icmp_code
    connection.icmp_version = 4 if packet.src0 == 0 and packet.src1 == 0 and packet.src2 == 0xFFFF else 6
    connection.icmp_quoted = 1 if me.syns > 0 and unwrap(packet.seq, me.snd_max) == me.isn else 2
