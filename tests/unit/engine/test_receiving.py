from __future__ import annotations

from estab.engine.events import DATA_ARRIVED
from estab.engine.receiving import rto_of, rtt_of
from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.machine.states import State
from estab.seq import MASK
from estab.wire.segment import ACK, FIN, PSH, Segment
from tests.unit.engine.configs import config
from tests.unit.engine.named import in_state
from tests.unit.engine.pair import Pair


def test_arrivals_that_nobody_has_looked_at_are_told_once() -> None:
    named = in_state(State.ESTABLISHED)
    for _ in range(3):
        named.sends(ACK, b"x")
    assert list(iter(named.connection.poll_event, None)) == [DATA_ARRIVED]


def test_the_ack_of_a_fin_waits_where_an_answer_may_come_and_only_there() -> None:
    talked = in_state(State.ESTABLISHED)
    talked.sends(ACK | PSH, b"request")
    assert talked.sends(ACK | FIN) == [] and len(talked.later(40 * MILLISECOND_NS)) == 1
    silent = in_state(State.ESTABLISHED)
    silent.connection.handle_segment(Segment(silent.seq, silent.connection.snd_nxt & MASK, ACK | FIN, 60_000), silent.now_ns)
    assert silent.connection.poll_deadline() == silent.now_ns  # nothing was ever predicted: at once
    closing = in_state(State.FIN_WAIT_2)
    assert len(closing.sends(ACK | FIN)) == 1


def test_what_came_twice_is_counted_and_told() -> None:
    named = in_state(State.ESTABLISHED)
    named.gets(ACK, b"ahead", seq=10)
    (told,) = named.gets(ACK, b"ahead", seq=10)
    left = named.seq + 10
    assert told.sack == ((left, left + 5), (left, left + 5))
    named.sends(ACK, b"0123456789")
    named.gets(ACK, b"0123456789ab", seq=-10)
    counters = named.connection.config.counters
    assert (counters["TcpExt.TCPDSACKOfoSent"], counters["TcpExt.TCPDSACKOldSent"], counters["TcpExt.TCPOFOQueue"]) == (1, 1, 2)


def test_without_the_knob_nothing_is_told_twice() -> None:
    named = in_state(State.ESTABLISHED, made=config(tcp_dsack=0))
    named.gets(ACK, b"ahead", seq=10)
    (told,) = named.gets(ACK, b"ahead", seq=10)
    assert len(told.sack) == 1


def test_the_round_trip_of_a_receiver_is_learnt_from_echoes() -> None:
    pair = Pair(delay_ns=25 * MILLISECOND_NS).open()
    pair.transfer("client", bytes(500_000))
    assert pair.server.receiver is not None
    assert 45 * MILLISECOND_NS <= pair.server.receiver.shape.rcv_rtt_ns <= 70 * MILLISECOND_NS


def test_times_of_the_sending_half_where_there_is_none() -> None:
    opening = in_state(State.SYN_SENT).connection
    assert (rto_of(opening), rtt_of(opening)) == (SECOND_NS, 0)
    pair = Pair().open()
    assert rtt_of(pair.client) == 20 * MILLISECOND_NS
