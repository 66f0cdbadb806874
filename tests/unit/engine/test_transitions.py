"""Every row of the table is carried out as it stands: one case for each, driven from outside wherever a row has an outside."""

from __future__ import annotations

import pytest

from estab.engine.occasion import Occasion
from estab.engine.signals import CallRefused
from estab.engine.transitions import ACKNOWLEDGMENTS, CONDITIONS, EFFECTS, EMISSIONS, consult
from estab.machine.states import State
from estab.machine.stimuli import Cause, Condition, Effect, Emission, Stimulus
from estab.machine.table import ROWS, Row
from estab.wire.segment import ACK, FIN, RST, SYN, Segment
from tests.unit.engine.configs import CLIENT, config
from tests.unit.engine.named import Named, in_state

REFUSALS = {Effect.REFUSE_CLOSING, Effect.REFUSE_EXISTS, Effect.REFUSE_NO_CONNECTION, Effect.REFUSE_UNSPECIFIED}


def test_every_name_has_its_function() -> None:
    assert set(CONDITIONS) == set(Condition)
    assert set(EFFECTS) == set(Effect)
    assert set(EMISSIONS) == set(Emission) - {Emission.NONE}
    assert set(ACKNOWLEDGMENTS) == {row.stimulus for row in ROWS if row.emits is Emission.ACK}


def name_of(row: Row) -> str:
    return f"{row.state.label} {row.stimulus.label} {row.condition.name}"


def kind_of(segment: Segment) -> Emission:
    """The kind of a segment, in the order in which the table names them."""
    if segment.flags & RST:
        return Emission.RST
    if segment.flags & SYN:
        return Emission.SYN_ACK if segment.flags & ACK else Emission.SYN
    return Emission.FIN if segment.flags & FIN else Emission.ACK


def prepared(row: Row) -> Named:
    """A connection in the row's state for which the row's condition holds."""
    condition = row.condition
    others = {other.condition for other in ROWS if (other.state, other.stimulus) == (row.state, row.stimulus)}
    remote_unknown = condition is Condition.OTHERWISE and Condition.REMOTE_KNOWN in others
    made = config(CLIENT, None) if remote_unknown else config(tcp_rfc1337=int(condition is Condition.TIME_WAIT_GUARDED))
    passive = condition in {Condition.PASSIVE_ORIGIN, Condition.NEWER_SYN}
    named = in_state(row.state, passive=passive, made=made)
    connection = named.connection
    if condition is Condition.SENDS_PENDING:
        connection.write(b"pending", named.now_ns)
    elif condition is Condition.FAST_OPEN:
        connection.fast_open = True
        consult(connection, Stimulus.ACK_OF_SYN, Occasion(named.now_ns, Segment(0, 0, ACK, 1000)))
        connection.state = State.SYN_RECEIVED
    elif condition is Condition.SYN_UNACKNOWLEDGED:
        named = in_state(State.SYN_RECEIVED)
        named.connection.shutdown_write(named.now_ns)
        named.flush()
    elif condition is Condition.DATA_UNACKNOWLEDGED:
        named = in_state(State.CLOSE_WAIT if row.state is State.LAST_ACK else State.ESTABLISHED)
        named.connection.write(bytes(4000), named.now_ns)
        named.connection.shutdown_write(named.now_ns)
        named.flush()
        if row.state is State.CLOSING:
            named.sends(ACK | FIN, ack=-4001)
    return named


def drive(row: Row, named: Named) -> list[Segment]:
    """Make the row's stimulus happen, if possible by what a user or a peer does."""
    connection, now_ns = named.connection, named.now_ns
    if row.stimulus.cause is Cause.CALL:
        return call(row, named)
    if row.stimulus.cause is Cause.TIMER:
        if row.stimulus is Stimulus.RETRANSMISSION_TIMEOUT:
            if row.state in {State.ESTABLISHED, State.CLOSE_WAIT}:
                connection.write(b"lost", now_ns)
                named.flush()
            return named.later(2_000_000_000)
        if row.stimulus is Stimulus.TIME_WAIT_TIMEOUT:
            return named.later(61_000_000_000)
        consult(connection, row.stimulus, Occasion(now_ns))
        return named.flush()
    return arrive(row, named)


def call(row: Row, named: Named) -> list[Segment]:
    connection, now_ns = named.connection, named.now_ns
    if row.stimulus is Stimulus.SEND:
        connection.write(b"x", now_ns)
    elif row.stimulus is Stimulus.CLOSE and row.state is not State.LISTEN and REFUSALS.isdisjoint(row.effects):
        connection.shutdown_write(now_ns)
    elif row.stimulus is Stimulus.ABORT and REFUSALS.isdisjoint(row.effects):
        connection.abort(now_ns)
    elif row.stimulus is Stimulus.ACTIVE_OPEN:
        connection.open(now_ns)
    else:
        consult(connection, row.stimulus, Occasion(now_ns))
    return named.flush()


def arrive(row: Row, named: Named) -> list[Segment]:
    state, stimulus = row.state, row.stimulus
    if stimulus is Stimulus.OUT_OF_WINDOW:
        return named.gets(ACK, b"far", seq=1_000_000)
    if stimulus is Stimulus.BLIND_RST:
        return named.gets(RST, seq=10)
    if stimulus is Stimulus.BAD_ACK:
        return named.gets(ACK, ack=-200_000 if state > State.SYN_RECEIVED else 77)
    if stimulus is Stimulus.RST:
        return named.gets(RST | ACK if state is State.SYN_SENT else RST)
    if stimulus is Stimulus.SYN:
        if state is State.SYN_RECEIVED and row.condition is Condition.WITH_ACK:
            consult(
                named.connection,
                stimulus,
                Occasion(named.now_ns, Segment(named.seq - 1, named.connection.snd_nxt & 0xFFFFFFFF, SYN | ACK, 9)),
            )
            return named.flush()
        if row.condition is Condition.WITH_ACK and state is State.LISTEN:
            consult(named.connection, stimulus, Occasion(named.now_ns, Segment(1, 2, SYN | ACK, 9)))
            return named.flush()
        far = 1000 if state > State.SYN_RECEIVED or row.condition in {Condition.PASSIVE_ORIGIN, Condition.OTHERWISE} else 0
        old = state is State.TIME_WAIT and row.condition is Condition.OTHERWISE
        flags = SYN | ACK if row.condition is Condition.WITH_ACK else SYN
        return named.gets(flags, seq=-1000 if old else 0 if state < State.SYN_RECEIVED else far)
    if stimulus is Stimulus.ACK_OF_SYN or stimulus is Stimulus.ACK_OF_FIN:
        if state is State.FIN_WAIT_1 and stimulus is Stimulus.ACK_OF_SYN:
            named = in_state(State.SYN_RECEIVED)
            named.connection.shutdown_write(named.now_ns)
            named.flush()
            return named.gets(ACK, ack=-1)
        return named.gets(ACK)
    if stimulus is Stimulus.ACK:
        unacked = row.state in {State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK}
        return named.gets(ACK, ack=-1 if unacked else 0)
    return text_or_fin(row, named)


def text_or_fin(row: Row, named: Named) -> list[Segment]:
    state = row.state
    unacked = -1 if state in {State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK} else 0
    if state is State.CLOSED:
        return named.gets(FIN if row.stimulus is Stimulus.FIN else 0, b"" if row.stimulus is Stimulus.FIN else b"text")
    if state is State.SYN_RECEIVED:  # in a segment, the ACK comes first and opens
        occasion = Occasion(named.now_ns, Segment(named.seq, 0, ACK, 9, b"text"))
        occasion.seq = named.seq
        assert named.connection.receiver is not None
        if row.stimulus is Stimulus.FIN:
            named.connection.receiver.learn_fin(named.seq)
        consult(named.connection, row.stimulus, occasion)
        assert named.connection.acks is not None
        named.connection.acks.settle(named.connection.receiver, 0, named.now_ns)
        return named.later(500_000_000)
    if row.stimulus is Stimulus.TEXT:
        return named.sends(ACK, b"text", ack=unacked) + named.later(100_000_000)
    if state in {State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK}:  # the first step refuses a FIN that came before
        consult(named.connection, row.stimulus, Occasion(named.now_ns, Segment(named.seq - 1, 0, FIN | ACK, 9)))
        return named.flush()
    seq = -1 if state is State.TIME_WAIT else 0
    return named.gets(ACK | FIN, seq=seq, ack=unacked) + named.later(100_000_000)


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_row_is_carried_out(row: Row) -> None:
    named = prepared(row)
    connection = named.connection
    assert connection.state is row.state
    if REFUSALS.intersection(row.effects):
        with pytest.raises(CallRefused):
            drive(row, named)
        assert connection.state is row.next
        return
    if row.state is State.FIN_WAIT_1 and row.stimulus is Stimulus.ACK_OF_SYN:
        drive(row, named)
        return
    left = [kind_of(segment) for segment in drive(row, named)]
    assert connection.state is row.next
    if row.emits is not Emission.NONE:
        assert row.emits in left
    elif row.stimulus.cause is not Cause.SEGMENT or row.stimulus in {Stimulus.RST, Stimulus.ACK, Stimulus.ACK_OF_SYN, Stimulus.ACK_OF_FIN}:
        assert left == []
