"""Sets of possible states, moved on by what goes by.

An observer knows what an endpoint *sent*, never whether it *received*.  So a packet does two things: its sender can only be in states
in which such a packet is sent (the set narrows or moves on), and its receiver may have got it or not (the set widens by what it
would be then).  What the endpoint says later proves what it received: its acknowledgement number.  The maps come from the
state machine (`estab.machine.compiled`); nothing here knows a transition.
"""

from __future__ import annotations

from typing import Any

from estab.lives import inner_kernel, kernel
from estab.machine.states import State
from estab.seq import unwrap
from estab.track.records import (
    FAST_OPEN_ASKED,
    FAST_OPEN_DATA,
    FIN_ACKED,
    FIN_ACKED_PROVED,
    FIN_SENT,
    HANDSHAKE_DONE,
    HAS_ACK_SENT,
    HAS_ACKED,
    HAS_ISN,
    RECEIVED_FIN_PROVED,
    RESET_TTL_ODD,
    RST_SENT,
    SYN_ACKED,
    TRANSITIONS_MAX,
)
from estab.track.verdict import GAP_BEFORE, NEW_DATA, OUT_OF_ORDER, RESET_CHALLENGED, RESET_IGNORED
from estab.wire.columns import ACK, FIN, RST, SYN

# Rows of the maps: kinds of packets an endpoint emits (estab.machine.stimuli.Emission).
EMITS_SYN, EMITS_SYN_ACK, EMITS_ACK, EMITS_FIN, EMITS_RST = range(5)
# What a segment means for its receiver (estab.machine.stimuli.Meaning).
MEANS_SYN, MEANS_ACK_OF_SYN, MEANS_ACK_OF_FIN, MEANS_FIN, MEANS_RST = 1, 2, 4, 8, 16
# What is known of an endpoint for certain (columns of the facts map).
KNOWS_SYN, KNOWS_FIN, SENT_FIN, KNOWS_FIN_ACKED = 1, 2, 4, 8

IN_CLOSED = 1 << State.CLOSED
IN_LISTEN = 1 << State.LISTEN
IN_SYN_SENT = 1 << State.SYN_SENT
IN_SYN_RECEIVED = 1 << State.SYN_RECEIVED
IN_ESTABLISHED = 1 << State.ESTABLISHED
ANY = (1 << len(State)) - 1
AFTER_FIN = 1 << State.CLOSE_WAIT | 1 << State.CLOSING | 1 << State.LAST_ACK | 1 << State.TIME_WAIT
"""The states of an endpoint that has received a FIN."""
FIN_UNDER_WAY = 1 << State.FIN_WAIT_1 | 1 << State.CLOSING | 1 << State.LAST_ACK
AFTER_OWN_FIN = FIN_UNDER_WAY | 1 << State.FIN_WAIT_2 | 1 << State.TIME_WAIT
"""The states of an endpoint that has sent a FIN."""
OPENING = IN_SYN_SENT | IN_SYN_RECEIVED

UNDER_WAY_NS = 200_000_000
"""The delay, above two round trips, with which a segment may still arrive: the floor of the retransmission timeout, by which
Linux takes it for lost (TCP_RTO_MIN, include/net/tcp.h)."""
UNDER_WAY_UNKNOWN_NS = 1_000_000_000
"""The same where no round trip is known: the first retransmission timeout (RFC 6298 §2.1)."""
ROUNDS_OF_RECOVERY = 4
"""Acknowledged flights after which data is taken for new where the connection's beginning was not captured.  It would be old if a whole
flight had been lost with the FIN behind it; its repetition doubles with each round (RFC 5681 §3.1), so that four hold an initial window of
ten segments (RFC 6928)."""
ROUNDS_OF_LISTENING = 3
"""Acknowledged flights after which what the other side says of this one has come here."""


@kernel
def enter(me: Any, states: int, packet: Any, row: int, side: int, log: Any, counters: Any) -> None:
    """Sets the possible states of a side and logs the change."""
    me.states = states
    if me.transitions < TRANSITIONS_MAX:
        me.transitions += 1
        entry = log[counters[1]]
        entry.time_ns, entry.frame, entry.connection, entry.states, entry.side = packet.time_ns, packet.frame, row, states, side
        counters[1] += 1


@kernel
def facts_of(me: Any) -> int:
    """What is certain of a side, as a column of the facts map."""
    facts = 0
    if me.marks & SYN_ACKED:
        facts |= KNOWS_SYN
    if me.marks & RECEIVED_FIN_PROVED:
        facts |= KNOWS_FIN
    if me.marks & FIN_SENT:
        facts |= SENT_FIN
    if me.marks & FIN_ACKED_PROVED:
        facts |= KNOWS_FIN_ACKED
    return facts


@kernel
def emission(flags: int) -> int:
    """The kind of packet, as a row of the maps."""
    if flags & RST:
        return EMITS_RST
    if flags & SYN:
        return EMITS_SYN_ACK if flags & ACK else EMITS_SYN
    return EMITS_FIN if flags & FIN else EMITS_ACK


@kernel
def is_to_itself(packet: Any) -> bool:
    """Whether source and destination are the same address and port: both sides are one socket, which is in one state."""
    return bool(
        packet.sport == packet.dport
        and packet.src3 == packet.dst3
        and packet.src2 == packet.dst2
        and packet.src1 == packet.dst1
        and packet.src0 == packet.dst0
    )


@kernel
def is_unheard(packet: Any, peer: Any) -> bool:
    """Whether a packet goes on with a connection of which only this direction passes here: what it answers was never seen."""
    return peer.packets == 0 and packet.flags & (SYN | ACK) == ACK and not is_to_itself(packet)


@kernel
def heard_unseen(states: int, maps: Any) -> int:
    """A side's possible states if it may have heard anything that did not pass here, a RST excepted (after that it would not speak)."""
    for means in (MEANS_SYN, MEANS_SYN | MEANS_ACK_OF_SYN, MEANS_ACK_OF_SYN, MEANS_ACK_OF_FIN, MEANS_FIN, MEANS_ACK_OF_FIN):
        states |= maps.received[means][states]
    return int(states)


@kernel
def before_sending(packet: Any, me: Any, peer: Any, acknowledged: int, maps: Any) -> int:
    """The sender's possible states just before it sent this packet, by what its acknowledgement says of the other side's FIN.

    An endpoint that has received a FIN acknowledges it in all it sends; one that does not has not received it.
    """
    states = me.states
    if is_unheard(packet, peer):
        return heard_unseen(int(states), maps)
    if not peer.marks & FIN_SENT and peer.states & (AFTER_OWN_FIN | IN_CLOSED) == 0 and peer.packets > 0:
        return int(states & ~AFTER_FIN or states)  # a FIN that was never sent has not come
    if not peer.marks & FIN_SENT or not packet.flags & ACK:
        return int(states)
    if acknowledged > peer.fin_position:
        means = MEANS_FIN
        if me.marks & FIN_SENT and peer.fin_ack > me.fin_position:
            means |= MEANS_ACK_OF_FIN
        return int(states | maps.received[means][states])
    unaware = states & ~AFTER_FIN
    return int(unaware) if acknowledged == me.ack_sent and unaware else int(states)


@kernel
def sender_states(packet: Any, me: Any, peer: Any, acknowledged: int, verdict: int, maps: Any) -> int:
    """The sender's possible states after it was seen to send this packet."""
    kind = emission(packet.flags)
    facts = facts_of(me)
    before = before_sending(packet, me, peer, acknowledged, maps)
    if packet.flags & (SYN | ACK | RST) == 0:
        return int(before | IN_CLOSED)  # no TCP sends that (RFC 9293 §3.10.4: everything after the SYN acknowledges): perhaps a scanner
    if kind == EMITS_RST:
        if peer.syns > 0 and me.syns + me.syn_acks == 0 and peer.packets == peer.syns + peer.duplicates:
            return IN_CLOSED  # a RST that answers a SYN: nobody listens (RFC 9293 §3.10.7.1)
        if me.marks & RESET_TTL_ODD:
            return int(before | IN_CLOSED)  # perhaps not from this endpoint at all
        if packet.flags & ACK:
            return IN_CLOSED  # answers that leave a state as it is carry no ACK (RFC 9293 §3.5.2)
        states = maps.sent[kind][before]
        return int(states) if states else IN_CLOSED
    states = maps.sent[kind][before] & maps.facts[facts]
    if states == 0:
        states = maps.resync[kind][facts]
        if states == 0:
            states = maps.sent[kind][ANY]
    states = int(states)
    if states & IN_SYN_RECEIVED and states != IN_SYN_RECEIVED and past_handshake(packet, me, peer):
        me.marks |= HANDSHAKE_DONE
        states &= ~IN_SYN_RECEIVED
    if kind == EMITS_ACK and me.marks & FIN_SENT == 0:
        states = without_fin(packet, me, peer, states, int(before), verdict, maps)
    return states


@kernel
def without_fin(packet: Any, me: Any, peer: Any, states: int, before: int, verdict: int, maps: Any) -> int:
    """A sender's possible states where its FIN has not been seen: it may stand in a gap before a bare ACK, and it cannot have been sent
    where data follows that is newer than all before."""
    if packet.payload == 0:
        if verdict & GAP_BEFORE == 0:
            return nothing_under_way(me, peer, states)
        closed = maps.sent[EMITS_FIN][before | me.states]
        if me.marks & RECEIVED_FIN_PROVED:
            closed |= maps.received[MEANS_FIN][closed] | maps.received[MEANS_FIN | MEANS_ACK_OF_FIN][closed]
        return int(states | closed & maps.facts[facts_of(me)])
    known = me.marks & HAS_ISN != 0 or me.pure_acks > 0 or me.rtt_samples >= ROUNDS_OF_RECOVERY
    if verdict & (NEW_DATA | OUT_OF_ORDER) != NEW_DATA or not known:
        return states
    return states & ~AFTER_OWN_FIN or states


@kernel
def nothing_under_way(me: Any, peer: Any, states: int) -> int:
    """The possible states of a side that was joined in the middle and only listens: where the other acknowledges all it ever sent, in
    segments that it has taken, a FIN of its own, if there was one, has been acknowledged."""
    if (me.marks | peer.marks) & HAS_ISN or me.data_packets > 0 or peer.rtt_samples < ROUNDS_OF_LISTENING:
        return states
    return states & ~FIN_UNDER_WAY or states if me.marks & HAS_ACKED and me.acked >= me.snd_max else states


@kernel
def past_handshake(packet: Any, me: Any, peer: Any) -> bool:
    """Whether a side certainly left SYN-RECEIVED: it sends data, or has accepted some, and Fast Open (RFC 7413) does not explain it."""
    if packet.flags & SYN:
        return False
    if (me.marks | peer.marks) & (FAST_OPEN_ASKED | FAST_OPEN_DATA):
        return peer.packets > 1 and me.syn_acks == 0
    if (me.marks | peer.marks) & HAS_ISN == 0 and peer.rtt_samples > 0 and peer.data_packets > 0:
        return True  # it has acknowledged data that went by
    return packet.payload > 0 or (peer.marks & HAS_ISN != 0 and me.ack_sent > peer.isn + 1)


@kernel
def under_way_ns(me: Any, peer: Any) -> int:
    """How long after it passed here a segment may still be under way; later it has arrived or is lost."""
    if me.rtt_samples + peer.rtt_samples == 0:
        return UNDER_WAY_UNKNOWN_NS
    return int(UNDER_WAY_NS + 2 * (me.rtt_max_ns + peer.rtt_max_ns))


@kernel
def may_have_come(states: int, me: Any, peer: Any, maps: Any) -> int:
    """A side's possible states, given those in which it sent its latest packet: what had gone by before that packet and
    is not proved to have arrived may have come since, or may come at any moment."""
    if states & (OPENING | IN_LISTEN) and peer.syns + peer.syn_acks > 0:
        if me.marks & SYN_ACKED == 0:
            means = MEANS_SYN
            if peer.syn_acks > 0 and me.syns > 0:
                means |= MEANS_ACK_OF_SYN
            states |= maps.received[means][states]
        if me.marks & (HAS_ISN | HAS_ACKED) == HAS_ISN | HAS_ACKED and me.acked > me.isn and me.marks & HANDSHAKE_DONE == 0:
            states |= maps.received[MEANS_ACK_OF_SYN][states]
    if me.marks & (FIN_ACKED | FIN_ACKED_PROVED) == FIN_ACKED:
        states |= maps.received[MEANS_ACK_OF_FIN][states]
    if peer.marks & FIN_SENT and me.marks & RECEIVED_FIN_PROVED == 0:
        means = MEANS_FIN
        if me.marks & FIN_SENT and peer.fin_ack > me.fin_position:
            means |= MEANS_ACK_OF_FIN
        states |= maps.received[means][states]
        if me.marks & (FIN_ACKED | FIN_ACKED_PROVED) == FIN_ACKED:
            states |= maps.received[MEANS_ACK_OF_FIN][states]
    if peer.marks & RST_SENT and peer.rsts > peer.resets_ignored + peer.resets_challenged:
        states |= maps.received[MEANS_RST][states]
    return int(states)


@kernel
def answers(packet: Any, me: Any, peer: Any, acknowledged: int) -> bool:
    """Whether a RST that its receiver does not believe has the numbers of CLOSED's answer (RFC 9293 §3.10.7.1) to something older: to the
    other side's SYN, or to an acknowledgement of what this side had sent.  Then it is not a stranger's."""
    if packet.flags & ACK:
        if me.marks & HAS_ACK_SENT and acknowledged == me.ack_sent:
            return True  # no stranger knows that; what it stands behind has not passed here
        return packet.seq == 0 and peer.syns > 0 and peer.isn < acknowledged <= peer.snd_max
    return me.marks & HAS_ISN != 0 and me.isn < unwrap(packet.seq, me.snd_max) <= me.snd_max


@kernel
def proves_fin(packet: Any, me: Any, peer: Any, acknowledged: int) -> bool:
    """Whether a RST says that its sender had received the other side's FIN: one that a socket sends on its own account acknowledges all it
    has received; CLOSED's answer to a segment that has an ACK acknowledges nothing (RFC 9293 §3.10.7.1)."""
    if not packet.flags & ACK or packet.seq == 0 or me.marks & RESET_TTL_ODD:
        return False
    return peer.marks & FIN_SENT != 0 and acknowledged > peer.fin_position


@kernel
def meaning(packet: Any, peer: Any, acknowledged: int) -> int:
    """What a packet means if it arrives and is accepted; `acknowledged` is its acknowledgement number, unwrapped."""
    flags = packet.flags
    if flags & RST:
        return MEANS_RST
    means = 0
    if flags & SYN:
        means |= MEANS_SYN
    if flags & ACK:
        if peer.states & OPENING and (not peer.marks & HAS_ISN or acknowledged > peer.isn):
            means |= MEANS_ACK_OF_SYN
        if peer.marks & FIN_SENT and acknowledged > peer.fin_position:
            means |= MEANS_ACK_OF_FIN
        elif peer.states & FIN_UNDER_WAY and not peer.marks & FIN_SENT and acknowledged >= peer.snd_max:
            means |= MEANS_ACK_OF_FIN  # of one that has not passed here, if there is one
    if flags & FIN:
        means |= MEANS_FIN
    return means


@inner_kernel
def is_settled(packet: Any, me: Any, peer: Any, verdict: int) -> bool:
    """Whether both sides certainly are ESTABLISHED and a packet leaves them there: no SYN, FIN or RST went by or may have gone by unseen.

    It changes nothing but the time that most packets take: all that `observe` asks comes out at the same two states.
    """
    return (
        me.states == IN_ESTABLISHED
        and peer.states == IN_ESTABLISHED
        and packet.flags & (SYN | FIN | RST | ACK) == ACK
        and (me.marks | peer.marks) & (FIN_SENT | RST_SENT) == 0
        and verdict & (GAP_BEFORE | RESET_IGNORED | RESET_CHALLENGED) == 0
        and peer.packets > 0
    )


@kernel
def observe(
    packet: Any, row: int, side: int, me: Any, peer: Any, acknowledged: int, verdict: int, maps: Any, log: Any, counters: Any
) -> None:
    """Moves both sides' sets of possible states on for one packet; of a RST that the receiver does not believe it is doubtful
    whether it came from the other endpoint at all."""
    if not verdict & (RESET_IGNORED | RESET_CHALLENGED):
        sent_in = sender_states(packet, me, peer, acknowledged, verdict, maps)
        states = sent_in
        if packet.flags & RST and me.states & AFTER_FIN != me.states and proves_fin(packet, me, peer, acknowledged):
            before = before_sending(packet, me, peer, acknowledged, maps) & AFTER_FIN
            if before:
                enter(me, before, packet, row, side, log, counters)
        unsettled = (me.marks | peer.marks) & (FIN_SENT | RST_SENT) != 0 or sent_in & (OPENING | IN_LISTEN) != 0
        if unsettled and packet.time_ns - peer.last_ns <= under_way_ns(me, peer):
            states = may_have_come(sent_in, me, peer, maps)
        if states != me.states:
            if states != sent_in:
                enter(me, sent_in, packet, row, side, log, counters)
            enter(me, states, packet, row, side, log, counters)
        means = meaning(packet, peer, acknowledged)
        alone = is_to_itself(packet)
        states = me.states if alone else peer.states
        if means:
            states |= maps.received[means][states]
        if alone and states != me.states:
            enter(me, states, packet, row, side, log, counters)
        if is_unheard(packet, peer):  # whatever it did has not passed here
            states |= maps.facts[facts_of(peer) | KNOWS_SYN]
        if states != peer.states:
            enter(peer, states, packet, row, 1 - side, log, counters)
    elif answers(packet, me, peer, acknowledged):
        if me.states & IN_CLOSED == 0:
            enter(me, me.states | IN_CLOSED, packet, row, side, log, counters)
        if verdict & RESET_CHALLENGED and peer.states & IN_CLOSED == 0:  # exact after all, if what stands before it arrived
            enter(peer, peer.states | maps.received[MEANS_RST][peer.states], packet, row, 1 - side, log, counters)
