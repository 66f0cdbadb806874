"""SEGMENT ARRIVES: RFC 9293 §3.10.7 in its own order, one function for each step.

To be read beside the RFC.  A step looks at the segment, tells the machine what it means (`consult`), and answers whether the next step is
to be taken.  What the machine then does stands in the table; what each name there means, in `transitions`.  Where Linux is more exact
than the RFC (PAWS, RFC 5961, zero windows) the step says so.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from estab.engine import closing, handshake, signals
from estab.engine.events import URGENT_ARRIVED
from estab.engine.isn import timestamp
from estab.engine.occasion import Occasion
from estab.engine.receiving import rto_of, rtt_of
from estab.engine.transitions import consult
from estab.instant import MILLISECOND_NS
from estab.machine.checks import (
    is_acceptable,
    is_ack_acceptable,
    is_ack_of_syn,
    is_in_window,
    is_old_by_timestamp,
    is_reset_valid,
)
from estab.machine.states import RECEIVING, State, mask
from estab.machine.stimuli import Stimulus
from estab.seq import MASK, distance, unwrap
from estab.wire.segment import ACK, FIN, RST, SYN, URG, Segment

if TYPE_CHECKING:
    from estab.engine.tcb import Tcb

PEER_CLOSED_FIRST = mask(State.CLOSE_WAIT, State.LAST_ACK, State.CLOSING)


def arrive(tcb: Tcb, segment: Segment, now_ns: int, ecn: int = 0) -> None:
    """One segment, in whatever state the connection is."""
    occasion = Occasion(now_ns, segment, ecn=ecn)
    state = tcb.state
    if state is State.CLOSED:
        arrive_closed(tcb, segment, occasion)
    elif state is State.LISTEN:
        arrive_listen(tcb, segment, occasion)
    elif state is State.SYN_SENT:
        arrive_syn_sent(tcb, segment, occasion)
    else:
        arrive_otherwise(tcb, segment, occasion)
    # A SYN-ACK without text has settled the matter of its ACK already.
    if tcb.acks is None or tcb.receiver is None or tcb.state is State.CLOSED:
        return
    if state is not State.SYN_SENT or segment.payload or segment.flags & FIN:
        tcb.acks.settle(tcb.receiver, rtt_of(tcb), now_ns)


def arrive_closed(tcb: Tcb, segment: Segment, occasion: Occasion) -> None:
    """§3.10.7.1: everything but a RST is answered by a RST."""
    if segment.flags & RST:
        consult(tcb, Stimulus.RST, occasion)
    elif segment.flags & ACK:
        consult(tcb, Stimulus.BAD_ACK, occasion)
    elif segment.flags & SYN:
        consult(tcb, Stimulus.SYN, occasion)
    else:
        consult(tcb, Stimulus.FIN if segment.flags & FIN else Stimulus.TEXT, occasion)


def arrive_listen(tcb: Tcb, segment: Segment, occasion: Occasion) -> None:
    """§3.10.7.2: RST, ACK, SYN; other text or control is dropped."""
    if segment.flags & RST:
        consult(tcb, Stimulus.RST, occasion)
    elif segment.flags & ACK:
        consult(tcb, Stimulus.BAD_ACK, occasion)
    elif segment.flags & SYN:
        consult(tcb, Stimulus.SYN, occasion)


def arrive_syn_sent(tcb: Tcb, segment: Segment, occasion: Occasion) -> None:
    """§3.10.7.3: ACK, RST, SYN, and with an acknowledged SYN on to the sixth step."""
    has_ack = segment.flags & ACK
    occasion.ack = unwrap(segment.ack, tcb.iss)
    occasion.seq = segment.seq
    # First, check the ACK bit, and that the echoed timestamp is one of this opening (tcp_rcv_synsent_state_process).
    if has_ack and (not is_ack_of_syn(segment.ack, tcb.iss & MASK, tcb.snd_nxt & MASK) or _echoes_another_life(tcb, segment, occasion)):
        if not segment.flags & RST:
            consult(tcb, Stimulus.BAD_ACK, occasion)
        return
    # Second, check the RST bit.  It counts only if it shows that our SYN has arrived.
    if segment.flags & RST:
        occasion.errno = signals.RESET_ERRNO[State.SYN_SENT]
        consult(tcb, Stimulus.RST if has_ack else Stimulus.BLIND_RST, occasion)
        return
    # Third, security: no compartments are in use.  Fourth, check the SYN bit.  Fifth, without it the segment is dropped.
    if not segment.flags & SYN:
        return
    row = consult(tcb, Stimulus.SYN, occasion)
    if row is None or row.stops or tcb.state is State.CLOSED:
        return
    occasion.seq = segment.seq + 1
    occasion.fin = bool(segment.flags & FIN)
    tcb.last_ack_recv_ns = occasion.now_ns
    check_urgent(tcb, segment, occasion)
    if process_text(tcb, segment, occasion):
        check_fin(tcb, segment, occasion)


def _echoes_another_life(tcb: Tcb, segment: Segment, occasion: Occasion) -> bool:
    """TSecr lies outside the time in which SYNs were sent: the answer to a SYN of an earlier connection."""
    if segment.tsval is None or not segment.tsecr or not tcb.config.knobs.tcp_timestamps or tcb.opening is None:
        return False
    started = timestamp(tcb.opening.started_ns, tcb.ts_offset)
    latest = distance(timestamp(occasion.now_ns, tcb.ts_offset), started)
    if 0 <= distance(segment.tsecr, started) <= latest:
        return False
    tcb.config.counters.add("TcpExt.PAWSActive")
    return True


def arrive_otherwise(tcb: Tcb, segment: Segment, occasion: Occasion) -> None:
    """§3.10.7.4: the eight steps.  The third, security, has nothing to look at: no compartments are in use."""
    for step in STEPS:
        if not step(tcb, segment, occasion):
            return


def check_sequence(tcb: Tcb, segment: Segment, occasion: Occasion) -> bool:
    """First: is the segment acceptable (table 6), and not an old duplicate by its timestamp (RFC 7323 §5.3, R1)?"""
    receiver = tcb.receiver
    assert receiver is not None
    rcv_nxt, left = receiver.rcv_nxt, receiver.window_left
    seq = occasion.seq = unwrap(segment.seq, rcv_nxt)
    occasion.ack = unwrap(segment.ack, tcb.iss if tcb.sender is None else tcb.sender.snd_una)
    occasion.fin = bool(segment.flags & FIN)
    if segment.flags & RST:
        return seq == rcv_nxt or is_in_window(seq, rcv_nxt, left) or _is_reset_behind_fin(tcb, seq, rcv_nxt)
    if tcb.state is State.TIME_WAIT and segment.flags & (SYN | ACK) == SYN:
        return True  # RFC 6191: whether it is newer is asked of its numbers, not of the window
    if segment.flags & SYN and State.SYN_RECEIVED < tcb.state < State.TIME_WAIT:
        return True  # RFC 5961 §4.2: a SYN is challenged "irrespective of the sequence number"
    if _is_old_duplicate(tcb, segment, occasion):
        tcb.config.counters.add("TcpExt.PAWSEstab")
        consult(tcb, Stimulus.OUT_OF_WINDOW, occasion)
        return False
    length = segment.length
    if is_acceptable(seq, length, rcv_nxt, left) or _is_edge_case(tcb, segment, occasion, left):
        return True
    if tcb.state is State.TIME_WAIT and occasion.fin and seq + length == rcv_nxt:
        consult(tcb, Stimulus.FIN, occasion)  # "the only thing that can arrive": the peer's FIN again
    else:
        consult(tcb, Stimulus.OUT_OF_WINDOW, occasion)
    return False


def _is_edge_case(tcb: Tcb, segment: Segment, occasion: Occasion, left: int) -> bool:
    """What table 6 refuses and must not be dropped all the same."""
    receiver, acks = tcb.receiver, tcb.acks
    assert receiver is not None
    assert acks is not None
    seq = occasion.seq
    if tcb.state is State.SYN_RECEIVED and segment.flags & SYN and segment.flags & ACK and seq == receiver.irs:
        return True  # the peer's half of a simultaneous open (figure 7)
    if segment.length == 0:
        return seq == receiver.rcv_nxt + left  # all that was announced has been sent (appendix A.2 has no better number for it)
    if left == 0 and seq == receiver.rcv_nxt and not segment.flags & SYN:
        # A zero window takes no text, yet "special allowance should be made to accept valid ACKs, URGs, and RSTs"; a FIN needs no room.
        if segment.payload:
            occasion.text, occasion.fin = b"", False
            acks.enter_quickack_mode(receiver.rcv_wnd)
            acks.owed = acks.now = True
            tcb.config.counters.add("TcpExt.TCPZeroWindowDrop")
        return True
    return False


def _is_old_duplicate(tcb: Tcb, segment: Segment, occasion: Occasion) -> bool:
    """PAWS.  A TS.Recent of zero proves nothing; and a pure ACK that was merely overtaken by a newer segment is none
    (tcp_disordered_ack)."""
    agreed, tsval = tcb.agreed, segment.tsval
    if tsval is None or agreed is None or not agreed.timestamps or not tcb.ts_recent:
        return False
    if not is_old_by_timestamp(tsval, tcb.ts_recent, occasion.now_ns - tcb.ts_recent_ns):
        return False
    sender, receiver = tcb.sender, tcb.receiver
    if sender is None or receiver is None:
        return True
    is_overtaken_ack = (
        segment.flags & ACK
        and segment.length == 0
        and occasion.seq == receiver.rcv_nxt
        and occasion.ack == sender.snd_una
        and segment.window << agreed.snd_wscale == sender.snd_wnd
        and distance(tcb.ts_recent, tsval) * MILLISECOND_NS <= rto_of(tcb)
    )
    return not is_overtaken_ack


def _is_reset_behind_fin(tcb: Tcb, seq: int, rcv_nxt: int) -> bool:
    """Some ends number the RST that follows their FIN as the FIN itself (tcp_reset_check)."""
    return seq == rcv_nxt - 1 and bool(mask(tcb.state) & PEER_CLOSED_FIRST)


def check_reset(tcb: Tcb, segment: Segment, occasion: Occasion) -> bool:
    """Second: a RST exactly at RCV.NXT ends the connection, one elsewhere in the window is challenged (RFC 5961 §3)."""
    if not segment.flags & RST:
        return True
    receiver = tcb.receiver
    assert receiver is not None
    expected = receiver.rcv_nxt
    valid = is_reset_valid(occasion.seq, expected) or _is_reset_behind_fin(tcb, occasion.seq, expected)
    if not valid and receiver.reassembly is not None:
        # The peer counts from the end of what it knows to have arrived: the highest SACK block (tcp_validate_incoming).
        valid = occasion.seq == receiver.reassembly.ranges()[-1][1]
    if valid:
        if tcb.state is not State.SYN_RECEIVED:
            occasion.errno = signals.RESET_ERRNO.get(tcb.state, errno.ECONNRESET)
        elif tcb.fast_open:
            occasion.errno = errno.ECONNRESET
        consult(tcb, Stimulus.RST, occasion)
    else:
        consult(tcb, Stimulus.BLIND_RST, occasion)
    return False


def check_syn(tcb: Tcb, segment: Segment, occasion: Occasion) -> bool:
    """Fourth: a SYN belongs to the opening or is challenged (RFC 5961 §4); in TIME-WAIT it may begin a new connection (RFC 6191)."""
    if not segment.flags & SYN:
        return True
    row = consult(tcb, Stimulus.SYN, occasion)
    if row is not None and tcb.state is not State.SYN_RECEIVED:
        tcb.config.counters.add("TcpExt.TCPSYNChallenge")
        tcb.config.counters.add("Tcp.InErrs")
    return row is not None and not row.stops


def check_ack(tcb: Tcb, segment: Segment, occasion: Occasion) -> bool:
    """Fifth: without ACK nothing goes on.  An acceptable one opens (SYN-RECEIVED), advances SND.UNA, or ends our half (ACK of FIN)."""
    if not segment.flags & ACK:
        return False
    ack = occasion.ack
    if tcb.state is State.SYN_RECEIVED:
        if not is_ack_of_syn(ack, tcb.iss, tcb.snd_nxt):
            consult(tcb, Stimulus.BAD_ACK, occasion)
            return False
        _open(tcb, occasion)
    sender = tcb.sender
    if sender is None:
        return False
    if not is_ack_acceptable(ack, sender.snd_una, sender.snd_nxt, sender.max_snd_wnd):
        consult(tcb, Stimulus.BAD_ACK, occasion)
        return False
    if tcb.opening is not None and ack > tcb.iss:
        consult(tcb, Stimulus.ACK_OF_SYN, occasion)
    _note_peer(tcb, segment, occasion)
    fin = sender.fin_position
    is_ack_of_fin = fin is not None and ack > fin and sender.snd_una <= fin
    row = consult(tcb, Stimulus.ACK_OF_FIN if is_ack_of_fin else Stimulus.ACK, occasion)
    if tcb.close_queued and tcb.state is State.ESTABLISHED:
        tcb.close_queued = False
        consult(tcb, Stimulus.CLOSE, Occasion(occasion.now_ns))
    if not closing.watch_orphan(tcb, occasion.now_ns):
        consult(tcb, Stimulus.ABORT, Occasion(occasion.now_ns))
    return tcb.state is not State.CLOSED and (row is None or not row.stops)


def _open(tcb: Tcb, occasion: Occasion) -> None:
    """The ACK of our SYN: ESTABLISHED, and what came with the peer's SYN is processed now."""
    rest = None if tcb.opening is None else tcb.opening.rest
    consult(tcb, Stimulus.ACK_OF_SYN, occasion)
    if rest is not None and tcb.receiver is not None:
        kept = Occasion(occasion.now_ns, occasion.segment, ecn=occasion.ecn)
        kept.seq, (kept.text, kept.fin) = tcb.receiver.irs + 1, rest
        assert occasion.segment is not None
        if process_text(tcb, occasion.segment, kept):
            check_fin(tcb, occasion.segment, kept)


def _note_peer(tcb: Tcb, segment: Segment, occasion: Occasion) -> None:
    """The peer is alive, and what it says beside: TS.Recent (RFC 7323 §4.3), its user timeout (RFC 5482)."""
    tcb.last_ack_recv_ns = occasion.now_ns
    tcb.probes_out = 0
    receiver, agreed = tcb.receiver, tcb.agreed
    if segment.tsval is not None and agreed is not None and agreed.timestamps and receiver is not None and occasion.seq <= receiver.rcv_wup:
        aged = occasion.now_ns - tcb.ts_recent_ns
        if not is_old_by_timestamp(segment.tsval, tcb.ts_recent, aged) or not tcb.ts_recent:
            tcb.ts_recent, tcb.ts_recent_ns = segment.tsval, occasion.now_ns
    if segment.user_timeout_s is not None and segment.user_timeout_s != tcb.peer_user_timeout_s:
        tcb.peer_user_timeout_s = segment.user_timeout_s
        if tcb.sender is not None:
            handshake.tell_user_timeout(tcb, tcb.sender)


def check_urgent(tcb: Tcb, segment: Segment, occasion: Occasion) -> bool:
    """Sixth: RCV.UP <- max(RCV.UP, SEG.UP), and the user is told once."""
    receiver = tcb.receiver
    is_urgent = segment.flags & URG and segment.urgent and mask(tcb.state) & RECEIVING
    if is_urgent and receiver is not None and receiver.learn_urgent(occasion.seq + segment.urgent, receiver.rcv_nxt):
        tcb.tell(URGENT_ARRIVED)
    return True


def process_text(tcb: Tcb, _segment: Segment, occasion: Occasion) -> bool:
    """Seventh: text is queued; text that nobody can read any more ends the connection (RFC 9293 §3.6.1, SHLD-3)."""
    text, receiver = occasion.text, tcb.receiver
    if not text:
        return True
    assert receiver is not None
    nobody_reads = tcb.orphan or (tcb.shut_read and tcb.state is not State.ESTABLISHED)
    if nobody_reads and mask(tcb.state) & RECEIVING and occasion.seq + len(text) > receiver.rcv_nxt:
        tcb.config.counters.add("TcpExt.TCPAbortOnData")
        consult(tcb, Stimulus.ABORT, occasion)
        return False
    consult(tcb, Stimulus.TEXT, occasion)
    return True


def check_fin(tcb: Tcb, _segment: Segment, occasion: Occasion) -> bool:
    """Eighth: a FIN counts when all text before it has come, be it that of an earlier segment."""
    receiver = tcb.receiver
    assert receiver is not None
    if occasion.fin and not receiver.fin_reached:
        position = occasion.seq + len(occasion.text)
        if receiver.rcv_nxt <= position <= receiver.rcv_wup + receiver.rcv_wnd:
            receiver.learn_fin(position)
            assert tcb.acks is not None
            tcb.acks.owed = True
    if receiver.fin_is_next:
        consult(tcb, Stimulus.FIN, occasion)
    return True


STEPS = (check_sequence, check_reset, check_syn, check_ack, check_urgent, process_text, check_fin)
"""First, second, fourth to eighth step, in this order."""
