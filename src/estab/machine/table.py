"""THE state machine: every reaction of one endpoint, as rows of data.

Theory of operation
===================

A row says: in this state, for this stimulus, if this condition holds, go to `next`, let `emits` leave, do `effects` -- because of
`clause`.  Rows are written from one endpoint's view and know no role; a connection is the same table twice.

*Choosing.*  Of the rows of one (state, stimulus), in the order in which they stand, the first whose condition holds is taken.  Each pair
has rows that end with ALWAYS or OTHERWISE, or it stands in IGNORED with the reason; a test holds this.

*Segments.*  An arriving segment is a sequence of stimuli (see `Stimulus`).  Each step starts in the state where the step before ended:
ACK of FIN and FIN in one segment take FIN-WAIT-1 through FIN-WAIT-2 to TIME-WAIT (note 2 of figure 5), and FIN alone takes it to CLOSING,
without a condition "is our FIN acknowledged".  A row with an effect of STOPPING ends the sequence.  LISTEN and SYN-SENT look at the ACK
before the SYN; there the condition WITH_ACK says so.

*What leaves.*  `emits` names the kind of segment that the row owes to the wire, at once or behind the data queued before it.  The RFC lets
a CLOSE in ESTABLISHED enter FIN-WAIT-1 while data still waits in front of the FIN; the row's emission is the FIN, so an
observer dates FIN-WAIT-1 from the moment the FIN is seen.  Rows that stay and emit are what a state may show without being left
(STANDING_EMISSIONS): retransmissions, data, acknowledgments of the unacceptable, resets for what fits no connection.

*Choices the RFC leaves open.*  RFC 5961 is followed (challenge ACKs), so a SYN never resets a synchronized connection.  A TIME-WAIT may
be reopened (MAY-2, RFC 6191) and may be guarded against resets (RFC 1337).  The side that aborts goes to CLOSED as §3.10.5 says, not to
TIME-WAIT as note 3 of figure 5 suggests.  Security compartments (appendix A.1) have no rows: no stack in use sends them.
"""

from __future__ import annotations

from dataclasses import dataclass

from estab.machine.states import State
from estab.machine.stimuli import STOPPING, Condition, Effect, Emission, Stimulus

# The table is read as prose, so its words stand bare: states and stimuli of the same name never meet in one column.
CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED = State.CLOSED, State.LISTEN, State.SYN_SENT, State.SYN_RECEIVED, State.ESTABLISHED
FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING = State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSE_WAIT, State.CLOSING
LAST_ACK, TIME_WAIT = State.LAST_ACK, State.TIME_WAIT
ALWAYS, OTHERWISE = Condition.ALWAYS, Condition.OTHERWISE

AFTER_SYN = tuple(State)[SYN_RECEIVED:]
"""The states of §3.10.7.4, "Other States": those that know the peer's sequence numbers."""

OPEN_CALL, SEND_CALL, CLOSE_CALL, ABORT_CALL = "RFC 9293 §3.10.1", "RFC 9293 §3.10.2", "RFC 9293 §3.10.4", "RFC 9293 §3.10.5"
ARRIVES_CLOSED, ARRIVES_LISTEN = "RFC 9293 §3.10.7.1", "RFC 9293 §3.10.7.2"
ARRIVES_SYN_SENT, ARRIVES = "RFC 9293 §3.10.7.3", "RFC 9293 §3.10.7.4"
TIMEOUTS = "RFC 9293 §3.10.8"


@dataclass(frozen=True, slots=True)
class Row:
    """One reaction; `clause` names where it is written."""

    state: State
    stimulus: Stimulus
    condition: Condition
    next: State
    emits: Emission
    effects: tuple[Effect, ...]
    clause: str

    @property
    def stops(self) -> bool:
        """True where no later step of the same segment is taken."""
        return not STOPPING.isdisjoint(self.effects)


def _stay(states: tuple[State, ...], stimulus: Stimulus, emits: Emission, effects: tuple[Effect, ...], clause: str) -> tuple[Row, ...]:
    """The same reaction in several states, none of which is left."""
    return tuple(Row(state, stimulus, ALWAYS, state, emits, effects, clause) for state in states)


def _end(states: tuple[State, ...], stimulus: Stimulus, emits: Emission, effects: tuple[Effect, ...], clause: str) -> tuple[Row, ...]:
    """The same way out of several states, to CLOSED."""
    return tuple(Row(state, stimulus, ALWAYS, CLOSED, emits, effects, clause) for state in states)


_CALLS: tuple[Row, ...] = (
    Row(CLOSED, Stimulus.PASSIVE_OPEN, ALWAYS, LISTEN, Emission.NONE, (Effect.CREATE_TCB,), OPEN_CALL),
    *_stay(tuple(State)[LISTEN:], Stimulus.PASSIVE_OPEN, Emission.NONE, (Effect.REFUSE_EXISTS,), OPEN_CALL),

    Row(CLOSED, Stimulus.ACTIVE_OPEN, Condition.REMOTE_KNOWN, SYN_SENT, Emission.SYN, (Effect.CREATE_TCB, Effect.SELECT_ISS), OPEN_CALL),
    Row(CLOSED, Stimulus.ACTIVE_OPEN, OTHERWISE, CLOSED, Emission.NONE, (Effect.REFUSE_UNSPECIFIED,), OPEN_CALL),
    Row(LISTEN, Stimulus.ACTIVE_OPEN, Condition.REMOTE_KNOWN, SYN_SENT, Emission.SYN, (Effect.BECOME_ACTIVE, Effect.SELECT_ISS), OPEN_CALL),
    Row(LISTEN, Stimulus.ACTIVE_OPEN, OTHERWISE, LISTEN, Emission.NONE, (Effect.REFUSE_UNSPECIFIED,), OPEN_CALL),
    *_stay(tuple(State)[SYN_SENT:], Stimulus.ACTIVE_OPEN, Emission.NONE, (Effect.REFUSE_EXISTS,), OPEN_CALL),

    *_stay((CLOSED,), Stimulus.SEND, Emission.NONE, (Effect.REFUSE_NO_CONNECTION,), SEND_CALL),
    Row(LISTEN, Stimulus.SEND, Condition.REMOTE_KNOWN, SYN_SENT, Emission.SYN,
        (Effect.BECOME_ACTIVE, Effect.SELECT_ISS, Effect.QUEUE_DATA), SEND_CALL),
    Row(LISTEN, Stimulus.SEND, OTHERWISE, LISTEN, Emission.NONE, (Effect.REFUSE_UNSPECIFIED,), SEND_CALL),
    *_stay((SYN_SENT,), Stimulus.SEND, Emission.NONE, (Effect.QUEUE_DATA,), SEND_CALL),
    Row(SYN_RECEIVED, Stimulus.SEND, Condition.FAST_OPEN, SYN_RECEIVED, Emission.ACK, (Effect.SEND_DATA,), "RFC 7413 §4.2.2"),
    Row(SYN_RECEIVED, Stimulus.SEND, OTHERWISE, SYN_RECEIVED, Emission.NONE, (Effect.QUEUE_DATA,), SEND_CALL),
    *_stay((ESTABLISHED, CLOSE_WAIT), Stimulus.SEND, Emission.ACK, (Effect.SEND_DATA,), SEND_CALL),
    *_stay((FIN_WAIT_1, FIN_WAIT_2, CLOSING, LAST_ACK, TIME_WAIT), Stimulus.SEND, Emission.NONE, (Effect.REFUSE_CLOSING,), SEND_CALL),

    *_stay((CLOSED,), Stimulus.CLOSE, Emission.NONE, (Effect.REFUSE_NO_CONNECTION,), CLOSE_CALL),
    *_end((LISTEN, SYN_SENT), Stimulus.CLOSE, Emission.NONE, (Effect.SIGNAL_CLOSING, Effect.DELETE_TCB), CLOSE_CALL),
    Row(SYN_RECEIVED, Stimulus.CLOSE, Condition.SENDS_PENDING, SYN_RECEIVED, Emission.NONE, (Effect.QUEUE_CLOSE,), CLOSE_CALL),
    Row(SYN_RECEIVED, Stimulus.CLOSE, OTHERWISE, FIN_WAIT_1, Emission.FIN, (Effect.QUEUE_FIN,), CLOSE_CALL),
    Row(ESTABLISHED, Stimulus.CLOSE, ALWAYS, FIN_WAIT_1, Emission.FIN, (Effect.QUEUE_FIN,), CLOSE_CALL),
    Row(CLOSE_WAIT, Stimulus.CLOSE, ALWAYS, LAST_ACK, Emission.FIN, (Effect.QUEUE_FIN,), CLOSE_CALL),
    *_stay((FIN_WAIT_1, FIN_WAIT_2, CLOSING, LAST_ACK, TIME_WAIT), Stimulus.CLOSE, Emission.NONE, (Effect.REFUSE_CLOSING,), CLOSE_CALL),

    *_stay((CLOSED,), Stimulus.ABORT, Emission.NONE, (Effect.REFUSE_NO_CONNECTION,), ABORT_CALL),
    *_end((LISTEN, SYN_SENT), Stimulus.ABORT, Emission.NONE, (Effect.SIGNAL_RESET, Effect.DELETE_TCB), ABORT_CALL),
    *_end((SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT), Stimulus.ABORT, Emission.RST,
          (Effect.SIGNAL_RESET, Effect.FLUSH_QUEUES, Effect.DELETE_TCB), ABORT_CALL),
    *_end((CLOSING, LAST_ACK, TIME_WAIT), Stimulus.ABORT, Emission.NONE, (Effect.DELETE_TCB,), ABORT_CALL),
)  # fmt: skip

_REFUSED: tuple[Row, ...] = (
    *_stay(AFTER_SYN, Stimulus.OUT_OF_WINDOW, Emission.ACK, (Effect.DROP_REST,), ARRIVES),

    *_stay(AFTER_SYN, Stimulus.BLIND_RST, Emission.ACK, (Effect.DROP_REST,), "RFC 5961 §3"),

    *_stay((CLOSED,), Stimulus.BAD_ACK, Emission.RST, (Effect.DROP_REST,), ARRIVES_CLOSED),
    *_stay((LISTEN,), Stimulus.BAD_ACK, Emission.RST, (Effect.DROP_REST,), ARRIVES_LISTEN),
    *_stay((SYN_SENT,), Stimulus.BAD_ACK, Emission.RST, (Effect.DROP_REST,), ARRIVES_SYN_SENT),
    *_stay((SYN_RECEIVED,), Stimulus.BAD_ACK, Emission.RST, (Effect.DROP_REST,), ARRIVES),
    *_stay(tuple(State)[ESTABLISHED:], Stimulus.BAD_ACK, Emission.ACK, (Effect.DROP_REST,), "RFC 5961 §5"),
)  # fmt: skip

_CONTROLS: tuple[Row, ...] = (
    *_end((SYN_SENT,), Stimulus.RST, Emission.NONE, (Effect.SIGNAL_RESET, Effect.DELETE_TCB), ARRIVES_SYN_SENT),
    Row(SYN_RECEIVED, Stimulus.RST, Condition.PASSIVE_ORIGIN, LISTEN, Emission.NONE, (Effect.FORGET_PEER, Effect.DROP_REST), ARRIVES),
    Row(SYN_RECEIVED, Stimulus.RST, OTHERWISE, CLOSED, Emission.NONE,
        (Effect.SIGNAL_REFUSED, Effect.FLUSH_QUEUES, Effect.DELETE_TCB), ARRIVES),
    *_end((ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT), Stimulus.RST, Emission.NONE,
          (Effect.SIGNAL_RESET, Effect.FLUSH_QUEUES, Effect.DELETE_TCB), ARRIVES),
    *_end((CLOSING, LAST_ACK), Stimulus.RST, Emission.NONE, (Effect.DELETE_TCB,), ARRIVES),
    Row(TIME_WAIT, Stimulus.RST, Condition.TIME_WAIT_GUARDED, TIME_WAIT, Emission.NONE, (Effect.DROP_REST,), "RFC 1337 §3"),
    Row(TIME_WAIT, Stimulus.RST, OTHERWISE, CLOSED, Emission.NONE, (Effect.DELETE_TCB,), ARRIVES),

    *_stay((CLOSED,), Stimulus.SYN, Emission.RST, (Effect.DROP_REST,), ARRIVES_CLOSED),
    Row(LISTEN, Stimulus.SYN, Condition.WITH_ACK, LISTEN, Emission.RST, (Effect.DROP_REST,), ARRIVES_LISTEN),
    Row(LISTEN, Stimulus.SYN, OTHERWISE, SYN_RECEIVED, Emission.SYN_ACK,
        (Effect.RECORD_PEER_SYN, Effect.SELECT_ISS, Effect.QUEUE_REST), ARRIVES_LISTEN),
    Row(SYN_SENT, Stimulus.SYN, Condition.WITH_ACK, ESTABLISHED, Emission.ACK,
        (Effect.RECORD_PEER_SYN, Effect.RECORD_SYN_ACKED, Effect.SIGNAL_OPEN), ARRIVES_SYN_SENT),
    Row(SYN_SENT, Stimulus.SYN, OTHERWISE, SYN_RECEIVED, Emission.SYN_ACK, (Effect.RECORD_PEER_SYN, Effect.QUEUE_REST), ARRIVES_SYN_SENT),
    # The other half of a simultaneous open (figure 7, line 6): its SYN is known, its ACK opens the connection.
    Row(SYN_RECEIVED, Stimulus.SYN, Condition.WITH_ACK, SYN_RECEIVED, Emission.NONE, (Effect.TRIM_SYN,), "RFC 9293 §3.5"),
    Row(SYN_RECEIVED, Stimulus.SYN, Condition.PASSIVE_ORIGIN, LISTEN, Emission.NONE, (Effect.FORGET_PEER, Effect.DROP_REST), ARRIVES),
    Row(SYN_RECEIVED, Stimulus.SYN, OTHERWISE, SYN_RECEIVED, Emission.ACK, (Effect.DROP_REST,), ARRIVES),
    *_stay((ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK), Stimulus.SYN, Emission.ACK, (Effect.DROP_REST,), ARRIVES),
    Row(TIME_WAIT, Stimulus.SYN, Condition.WITH_ACK, TIME_WAIT, Emission.ACK, (Effect.DROP_REST,), ARRIVES),
    Row(TIME_WAIT, Stimulus.SYN, Condition.NEWER_SYN, SYN_RECEIVED, Emission.SYN_ACK,
        (Effect.CREATE_TCB, Effect.RECORD_PEER_SYN, Effect.SELECT_ISS, Effect.QUEUE_REST), "RFC 6191 §2"),
    Row(TIME_WAIT, Stimulus.SYN, OTHERWISE, TIME_WAIT, Emission.ACK, (Effect.DROP_REST,), ARRIVES),
)  # fmt: skip

_ACKNOWLEDGMENTS: tuple[Row, ...] = (
    Row(SYN_RECEIVED, Stimulus.ACK_OF_SYN, ALWAYS, ESTABLISHED, Emission.NONE, (Effect.RECORD_SYN_ACKED, Effect.SIGNAL_OPEN), ARRIVES),
    # Reached from SYN-RECEIVED by CLOSE, FIN-WAIT-1 may still wait for this one.
    *_stay((FIN_WAIT_1,), Stimulus.ACK_OF_SYN, Emission.NONE, (Effect.RECORD_SYN_ACKED,), ARRIVES),

    *_stay((ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT), Stimulus.ACK, Emission.NONE,
           (Effect.ADVANCE_SND_UNA, Effect.UPDATE_SND_WND), ARRIVES),
    *_stay((CLOSING,), Stimulus.ACK, Emission.NONE, (Effect.ADVANCE_SND_UNA, Effect.UPDATE_SND_WND, Effect.DROP_REST), ARRIVES),
    # The RFC expects nothing but the ACK of the FIN here, yet data sent before the FIN may be acknowledged first.
    *_stay((LAST_ACK,), Stimulus.ACK, Emission.NONE, (Effect.ADVANCE_SND_UNA, Effect.UPDATE_SND_WND), "RFC 9293 §3.4"),

    Row(FIN_WAIT_1, Stimulus.ACK_OF_FIN, ALWAYS, FIN_WAIT_2, Emission.NONE,
        (Effect.ADVANCE_SND_UNA, Effect.UPDATE_SND_WND, Effect.RECORD_FIN_ACKED), ARRIVES),
    Row(CLOSING, Stimulus.ACK_OF_FIN, ALWAYS, TIME_WAIT, Emission.NONE,
        (Effect.ADVANCE_SND_UNA, Effect.RECORD_FIN_ACKED, Effect.START_TIME_WAIT), ARRIVES),
    Row(LAST_ACK, Stimulus.ACK_OF_FIN, ALWAYS, CLOSED, Emission.NONE, (Effect.RECORD_FIN_ACKED, Effect.DELETE_TCB), ARRIVES),
)  # fmt: skip

_TEXT_AND_FIN: tuple[Row, ...] = (
    *_stay((CLOSED,), Stimulus.TEXT, Emission.RST, (Effect.DROP_REST,), ARRIVES_CLOSED),
    *_stay((SYN_RECEIVED,), Stimulus.TEXT, Emission.NONE, (Effect.QUEUE_TEXT,), ARRIVES_LISTEN),
    *_stay((ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2), Stimulus.TEXT, Emission.ACK, (Effect.QUEUE_TEXT,), ARRIVES),

    *_stay((CLOSED,), Stimulus.FIN, Emission.RST, (Effect.DROP_REST,), ARRIVES_CLOSED),
    Row(SYN_RECEIVED, Stimulus.FIN, ALWAYS, CLOSE_WAIT, Emission.ACK, (Effect.ADVANCE_OVER_FIN, Effect.SIGNAL_CLOSING), ARRIVES),
    Row(ESTABLISHED, Stimulus.FIN, ALWAYS, CLOSE_WAIT, Emission.ACK, (Effect.ADVANCE_OVER_FIN, Effect.SIGNAL_CLOSING), ARRIVES),
    Row(FIN_WAIT_1, Stimulus.FIN, ALWAYS, CLOSING, Emission.ACK, (Effect.ADVANCE_OVER_FIN, Effect.SIGNAL_CLOSING), ARRIVES),
    Row(FIN_WAIT_2, Stimulus.FIN, ALWAYS, TIME_WAIT, Emission.ACK,
        (Effect.ADVANCE_OVER_FIN, Effect.SIGNAL_CLOSING, Effect.START_TIME_WAIT), ARRIVES),
    *_stay((CLOSE_WAIT, CLOSING, LAST_ACK), Stimulus.FIN, Emission.ACK, (), ARRIVES),
    *_stay((TIME_WAIT,), Stimulus.FIN, Emission.ACK, (Effect.RESTART_TIME_WAIT,), ARRIVES),
)  # fmt: skip

_TIMERS: tuple[Row, ...] = (
    *_stay((SYN_SENT,), Stimulus.RETRANSMISSION_TIMEOUT, Emission.SYN, (Effect.RETRANSMIT,), TIMEOUTS),
    *_stay((SYN_RECEIVED,), Stimulus.RETRANSMISSION_TIMEOUT, Emission.SYN_ACK, (Effect.RETRANSMIT,), TIMEOUTS),
    *_stay((ESTABLISHED, CLOSE_WAIT), Stimulus.RETRANSMISSION_TIMEOUT, Emission.ACK, (Effect.RETRANSMIT,), TIMEOUTS),
    Row(FIN_WAIT_1, Stimulus.RETRANSMISSION_TIMEOUT, Condition.SYN_UNACKNOWLEDGED, FIN_WAIT_1, Emission.SYN_ACK,
        (Effect.RETRANSMIT,), TIMEOUTS),
    *(row for state in (FIN_WAIT_1, CLOSING, LAST_ACK) for row in (
        Row(state, Stimulus.RETRANSMISSION_TIMEOUT, Condition.DATA_UNACKNOWLEDGED, state, Emission.ACK, (Effect.RETRANSMIT,), TIMEOUTS),
        Row(state, Stimulus.RETRANSMISSION_TIMEOUT, OTHERWISE, state, Emission.FIN, (Effect.RETRANSMIT,), TIMEOUTS),
    )),

    *_end(tuple(State)[LISTEN:TIME_WAIT], Stimulus.USER_TIMEOUT, Emission.NONE,
          (Effect.FLUSH_QUEUES, Effect.SIGNAL_TIMEOUT, Effect.DELETE_TCB), TIMEOUTS),

    *_end((TIME_WAIT,), Stimulus.TIME_WAIT_TIMEOUT, Emission.NONE, (Effect.DELETE_TCB,), TIMEOUTS),
)  # fmt: skip

ROWS: tuple[Row, ...] = _CALLS + _REFUSED + _CONTROLS + _ACKNOWLEDGMENTS + _TEXT_AND_FIN + _TIMERS


def _ignore(states: tuple[State, ...], stimulus: Stimulus, reason: str) -> dict[tuple[State, Stimulus], str]:
    return {(state, stimulus): reason for state in states}


IGNORED: dict[tuple[State, Stimulus], str] = {
    **_ignore((CLOSED, LISTEN, SYN_SENT), Stimulus.OUT_OF_WINDOW, f"{ARRIVES}: there is no receive window to judge by yet"),
    **_ignore((CLOSED, LISTEN), Stimulus.BLIND_RST, f"{ARRIVES}: there is no receive window to judge by yet"),
    **_ignore((SYN_SENT,), Stimulus.BLIND_RST, f"{ARRIVES_SYN_SENT}: a RST without an acceptable ACK is dropped"),
    **_ignore((CLOSED,), Stimulus.RST, f"{ARRIVES_CLOSED}: a segment containing a RST is discarded"),
    **_ignore((LISTEN,), Stimulus.RST, f"{ARRIVES_LISTEN}: it cannot answer anything sent by this incarnation"),
    **_ignore((CLOSED, LISTEN), Stimulus.ACK_OF_SYN, "RFC 9293 §3.5.2: nothing has been sent, any ACK is unacceptable here"),
    **_ignore((SYN_SENT,), Stimulus.ACK_OF_SYN, f"{ARRIVES_SYN_SENT}: without SYN and RST the segment is dropped"),
    **_ignore((ESTABLISHED, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT), Stimulus.ACK_OF_SYN, f"{ARRIVES}: a duplicate ACK"),
    **_ignore((CLOSED, LISTEN), Stimulus.ACK, "RFC 9293 §3.5.2: nothing has been sent, any ACK is unacceptable here"),
    **_ignore((SYN_SENT, SYN_RECEIVED), Stimulus.ACK, "RFC 9293 §3.5.2: an ACK that is not of the SYN is unacceptable here"),
    **_ignore((TIME_WAIT,), Stimulus.ACK, f"{ARRIVES}: all has been acknowledged"),
    **_ignore((CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED, CLOSE_WAIT), Stimulus.ACK_OF_FIN,
              "RFC 9293 §3.5.2: no FIN has been sent, such an ACK is unacceptable here"),
    **_ignore((FIN_WAIT_2, TIME_WAIT), Stimulus.ACK_OF_FIN, f"{ARRIVES}: a duplicate ACK"),
    **_ignore((LISTEN,), Stimulus.TEXT, f"{ARRIVES_LISTEN}: other data or control is dropped"),
    **_ignore((SYN_SENT,), Stimulus.TEXT, f"{ARRIVES_SYN_SENT}: without SYN and RST the segment is dropped"),
    **_ignore((CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT), Stimulus.TEXT, f"{ARRIVES}: text after the peer's FIN is ignored"),
    **_ignore((LISTEN, SYN_SENT), Stimulus.FIN, f"{ARRIVES}: SEG.SEQ cannot be validated here"),
    **_ignore((CLOSED, LISTEN, FIN_WAIT_2, TIME_WAIT), Stimulus.RETRANSMISSION_TIMEOUT, f"{TIMEOUTS}: the retransmission queue is empty"),
    **_ignore((CLOSED,), Stimulus.USER_TIMEOUT, f"{TIMEOUTS}: there is no TCB, so no timer"),
    **_ignore((TIME_WAIT,), Stimulus.USER_TIMEOUT, f"{ARRIVES}: entering TIME-WAIT turns off the other timers"),
    **_ignore(tuple(State)[:TIME_WAIT], Stimulus.TIME_WAIT_TIMEOUT, f"{TIMEOUTS}: the timer runs in TIME-WAIT only"),
}  # fmt: skip

STANDING_EMISSIONS: dict[State, frozenset[Emission]] = {
    state: frozenset(row.emits for row in ROWS if row.state is state and row.next is state) - {Emission.NONE} for state in State
}
"""What a state may show without being left; the clauses are those of the rows that stay and emit."""
