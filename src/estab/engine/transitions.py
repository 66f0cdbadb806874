"""The one place where a state changes: a stimulus is looked up in the table, and the row that fits is carried out.

Rows hold names.  `CONDITIONS`, `EFFECTS` and the emissions give each name its function; tests hold that no name is without one.  The order
within a row: the state changes and is told; effects, as the row lists them; what leaves; and at the very end the TCB goes, if it goes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from estab.engine import answers, closing, handshake, outbound, receiving, sending_part, signals
from estab.engine.events import StateChanged
from estab.engine.occasion import Occasion
from estab.machine.checks import is_ack_of_syn, is_syn_newer
from estab.machine.compiled import dispatch_map
from estab.machine.states import State
from estab.machine.stimuli import Condition, Effect, Emission, Stimulus
from estab.seq import distance
from estab.wire.segment import ACK

if TYPE_CHECKING:
    from estab.engine.tcb import Tcb
    from estab.machine.table import Row

Deed: TypeAlias = "Callable[[Tcb, Occasion], None]"


def consult(tcb: Tcb, stimulus: Stimulus, occasion: Occasion) -> Row | None:
    """Take the step that the table has for this state and stimulus; None where the state ignores it."""
    rows = _DISPATCH.get((tcb.state, stimulus))
    if rows is None:
        return None
    occasion.stimulus, occasion.was = stimulus, tcb.state
    row = next(row for row in rows if CONDITIONS[row.condition](tcb, occasion))
    if row.next is not row.state:
        tcb.state = row.next
        tcb.tell(StateChanged(row.state, row.next, row))
    for effect in row.effects:
        if effect is not Effect.DELETE_TCB:
            EFFECTS[effect](tcb, occasion)
    if row.emits is not Emission.NONE:
        EMISSIONS[row.emits](tcb, occasion)
    if Effect.DELETE_TCB in row.effects:
        EFFECTS[Effect.DELETE_TCB](tcb, occasion)
    return row


_DISPATCH = dispatch_map()


def _with_ack(tcb: Tcb, occasion: Occasion) -> bool:
    """In SYN-RECEIVED the SYN must be the one already received (RFC 9293 figure 7, line 6); another one is a stray or an attack."""
    segment = occasion.segment
    if segment is None or not segment.flags & ACK:
        return False
    if tcb.state is State.SYN_RECEIVED:
        assert tcb.receiver is not None
        return distance(segment.seq, tcb.receiver.irs) == 0 and is_ack_of_syn(segment.ack, tcb.iss, tcb.snd_nxt)
    return True


def _is_newer_syn(tcb: Tcb, occasion: Occasion) -> bool:
    """Only a connection that came from LISTEN may be opened anew by itself; a stack asks its listeners instead (RFC 6191 §2)."""
    segment, receiver, agreed = occasion.segment, tcb.receiver, tcb.agreed
    if segment is None or receiver is None or agreed is None or not tcb.passive_origin:
        return False
    return is_syn_newer(segment.seq, segment.tsval or 0, receiver.rcv_nxt, tcb.ts_recent, segment.tsval is not None, agreed.timestamps)


CONDITIONS: dict[Condition, Callable[[Tcb, Occasion], bool]] = {
    Condition.ALWAYS: lambda _tcb, _occasion: True,
    Condition.OTHERWISE: lambda _tcb, _occasion: True,
    Condition.REMOTE_KNOWN: lambda tcb, _occasion: tcb.config.remote is not None,
    Condition.SENDS_PENDING: lambda tcb, _occasion: bool(tcb.early) or (tcb.sender is not None and tcb.sender.has_data),
    Condition.FAST_OPEN: lambda tcb, _occasion: tcb.fast_open,
    Condition.PASSIVE_ORIGIN: lambda tcb, _occasion: tcb.passive_origin,
    Condition.WITH_ACK: _with_ack,
    Condition.NEWER_SYN: _is_newer_syn,
    Condition.TIME_WAIT_GUARDED: lambda tcb, _occasion: bool(tcb.config.knobs.tcp_rfc1337),
    Condition.SYN_UNACKNOWLEDGED: lambda tcb, _occasion: tcb.opening is not None,
    Condition.DATA_UNACKNOWLEDGED: lambda tcb, _occasion: tcb.sender is not None and tcb.sender.front_is_data,
}

EFFECTS: dict[Effect, Deed] = {
    Effect.CREATE_TCB: handshake.create_tcb,
    Effect.DELETE_TCB: closing.delete_tcb,
    Effect.BECOME_ACTIVE: handshake.become_active,
    Effect.SELECT_ISS: handshake.select_iss,
    Effect.RECORD_PEER_SYN: handshake.record_peer_syn,
    Effect.FORGET_PEER: handshake.forget_peer,
    Effect.TRIM_SYN: handshake.trim_syn,
    Effect.RECORD_SYN_ACKED: handshake.record_syn_acked,
    Effect.ADVANCE_SND_UNA: sending_part.advance_snd_una,
    Effect.UPDATE_SND_WND: sending_part.update_snd_wnd,
    Effect.RECORD_FIN_ACKED: sending_part.record_fin_acked,
    Effect.ADVANCE_OVER_FIN: receiving.advance_over_fin,
    Effect.QUEUE_TEXT: receiving.queue_text,
    Effect.QUEUE_DATA: sending_part.queue_data,
    Effect.SEND_DATA: sending_part.send_data,
    Effect.QUEUE_FIN: sending_part.queue_fin,
    Effect.QUEUE_CLOSE: closing.queue_close,
    Effect.RETRANSMIT: sending_part.retransmit,
    Effect.START_TIME_WAIT: closing.start_time_wait,
    Effect.RESTART_TIME_WAIT: closing.restart_time_wait,
    Effect.FLUSH_QUEUES: closing.flush_queues,
    Effect.SIGNAL_OPEN: handshake.signal_open,
    Effect.SIGNAL_CLOSING: signals.closing,
    Effect.SIGNAL_REFUSED: signals.refused,
    Effect.SIGNAL_RESET: signals.reset,
    Effect.SIGNAL_TIMEOUT: signals.timeout,
    Effect.REFUSE_NO_CONNECTION: signals.no_connection,
    Effect.REFUSE_EXISTS: signals.exists,
    Effect.REFUSE_UNSPECIFIED: signals.unspecified,
    Effect.REFUSE_CLOSING: signals.already_closing,
    Effect.QUEUE_REST: handshake.queue_rest,
    Effect.DROP_REST: lambda _tcb, _occasion: None,  # what `Row.stops` says: no later step is taken
}


def _emit_syn(tcb: Tcb, occasion: Occasion) -> None:
    tcb.post(outbound.syn(tcb, occasion.now_ns))


def _emit_syn_ack(tcb: Tcb, occasion: Occasion) -> None:
    tcb.post(outbound.syn_ack(tcb, occasion.now_ns))


def _emit_ack(tcb: Tcb, occasion: Occasion) -> None:
    assert occasion.stimulus is not None
    ACKNOWLEDGMENTS[occasion.stimulus](tcb, occasion)


def _nothing(_tcb: Tcb, _occasion: Occasion) -> None:
    """It leaves with what `Sender.next` gives."""


EMISSIONS: dict[Emission, Deed] = {
    Emission.SYN: _emit_syn,
    Emission.SYN_ACK: _emit_syn_ack,
    Emission.ACK: _emit_ack,
    Emission.FIN: _nothing,
    Emission.RST: answers.reset,
}
"""How each kind of segment comes to leave."""


def _answer_syn(tcb: Tcb, occasion: Occasion) -> None:
    """The ACK that a SYN brings about: part of the handshake in SYN-SENT, a challenge anywhere later."""
    if occasion.was is State.SYN_SENT:
        receiving.acknowledge_syn(tcb, occasion)
    else:
        answers.challenge(tcb, occasion)


ACKNOWLEDGMENTS: dict[Stimulus, Deed] = {
    Stimulus.SEND: _nothing,
    Stimulus.RETRANSMISSION_TIMEOUT: _nothing,
    Stimulus.OUT_OF_WINDOW: answers.answer_unacceptable,
    Stimulus.BLIND_RST: answers.challenge,
    Stimulus.BAD_ACK: answers.answer_bad_ack,
    Stimulus.SYN: _answer_syn,
    Stimulus.TEXT: receiving.owe_ack,
    Stimulus.FIN: receiving.owe_ack,
}
"""An ACK is not always one: what a row that emits ACK does, by stimulus."""
