"""Both ends of a connection through whole lives; states are written out literally, as RFC 9293's figures have them."""

from __future__ import annotations

import errno

import pytest

from estab.engine.connection import Connection
from estab.engine.events import Opened, PeerClosed, Reset
from estab.engine.options import Settings
from estab.engine.signals import CallRefused
from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.machine.states import State
from estab.wire.segment import ACK, FIN, RST, SYN
from tests.unit.engine.configs import CLIENT, SERVER, config
from tests.unit.engine.pair import Pair, simultaneous

CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED = State.CLOSED, State.LISTEN, State.SYN_SENT, State.SYN_RECEIVED, State.ESTABLISHED
FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING = State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSE_WAIT, State.CLOSING
LAST_ACK, TIME_WAIT = State.LAST_ACK, State.TIME_WAIT


def test_three_segments_open_with_exact_arithmetic() -> None:
    pair = Pair().open()
    pair.flush()
    syn, syn_ack, ack = (sent.segment for sent in pair.wire)
    assert (syn.flags, syn_ack.flags, ack.flags) == (SYN, SYN | ACK, ACK)
    assert syn_ack.ack == (syn.seq + 1) & 0xFFFFFFFF
    assert (ack.seq, ack.ack) == ((syn.seq + 1) & 0xFFFFFFFF, (syn_ack.seq + 1) & 0xFFFFFFFF)
    assert pair.path("client") == [CLOSED, SYN_SENT, ESTABLISHED]
    assert pair.path("server") == [CLOSED, LISTEN, SYN_RECEIVED, ESTABLISHED]
    assert Opened() in pair.events["client"] and Opened() in pair.events["server"]


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_each_segment_of_the_handshake_may_be_lost_once(lost: int) -> None:
    pair = Pair()
    pair.fate = lambda _sent: () if len(pair.wire) == lost + 1 else (pair.delay_ns,)
    if lost == 2:
        pair.run(until=lambda: pair.client.state is ESTABLISHED)
        assert pair.server.state is SYN_RECEIVED
    pair.run(5 * SECOND_NS, until=lambda: pair.states == (ESTABLISHED, ESTABLISHED))
    assert pair.states == (ESTABLISHED, ESTABLISHED), pair.story()
    again = [sent.at_ns for sent in pair.wire if sent.segment.flags & SYN and sent.side == ("client" if lost == 0 else "server")]
    assert again[1] - again[0] == SECOND_NS


def test_simultaneous_open() -> None:
    pair = simultaneous().open()
    assert pair.path("client") == pair.path("server") == [CLOSED, SYN_SENT, SYN_RECEIVED, ESTABLISHED]
    assert pair.transfer("client", b"crossed" * 1000) == b"crossed" * 1000


def test_connect_to_itself() -> None:
    lonely = Connection.active(config(CLIENT, CLIENT), 0)
    for _ in range(10):
        segment = lonely.poll_transmit(0)
        if segment is None:
            break
        lonely.handle_segment(segment, 0)
    assert lonely.state is ESTABLISHED
    lonely.write(b"echo", 0)
    segment = lonely.poll_transmit(0)
    assert segment is not None
    lonely.handle_segment(segment, 0)
    assert lonely.read(10, 0) == b"echo"


@pytest.mark.parametrize("side", ["client", "server"])
def test_a_stream_arrives_as_it_was_written(side: str) -> None:
    data = bytes(range(256)) * 2000
    pair = Pair().open()
    assert pair.transfer(side, data) == data


def test_data_both_ways_at_once() -> None:
    pair = Pair().open()
    pair.client.write(b"q" * 30_000, pair.now_ns)
    pair.server.write(b"a" * 30_000, pair.now_ns)
    pair.run(5 * SECOND_NS)
    assert pair.server.read(1 << 20, pair.now_ns) == b"q" * 30_000 and pair.client.read(1 << 20, pair.now_ns) == b"a" * 30_000


def test_four_segments_close() -> None:
    pair = Pair().open()
    pair.run()
    start = len(pair.wire)
    pair.client.close(pair.now_ns)
    pair.run()
    assert pair.states == (FIN_WAIT_2, CLOSE_WAIT) and pair.server.at_eof and PeerClosed() in pair.events["server"]
    pair.server.close(pair.now_ns)
    pair.run()
    assert pair.path("client")[2:] == [ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, TIME_WAIT]
    assert pair.path("server")[3:] == [ESTABLISHED, CLOSE_WAIT, LAST_ACK, CLOSED]
    assert [sent.segment.flags for sent in pair.wire[start:]] == [FIN | ACK, ACK, FIN | ACK, ACK]
    entered = pair.wire[-1].at_ns
    pair.run(61 * SECOND_NS)
    assert pair.client.state is CLOSED and pair.client.poll_deadline() is None
    assert pair.now_ns >= entered + 60 * SECOND_NS


def test_a_close_in_answer_to_data_takes_three_segments() -> None:
    pair = Pair().open()
    pair.client.write(b"request", pair.now_ns)
    pair.run()
    pair.server.read(100, pair.now_ns)
    pair.run()
    start = len(pair.wire)
    pair.client.close(pair.now_ns)
    pair.run(until=lambda: pair.server.state is CLOSE_WAIT)
    pair.server.close(pair.now_ns)
    pair.run()
    assert [sent.segment.flags for sent in pair.wire[start:]] == [FIN | ACK, FIN | ACK, ACK], pair.story()


def test_half_close_lets_the_answer_through() -> None:
    pair = Pair().open()
    pair.client.write(b"question", pair.now_ns)
    pair.client.shutdown_write(pair.now_ns)
    pair.run()
    assert pair.states == (FIN_WAIT_2, CLOSE_WAIT)
    assert pair.server.read(100, pair.now_ns) == b"question" and pair.server.at_eof
    assert pair.transfer("server", b"answer" * 10_000) == b"answer" * 10_000
    with pytest.raises(CallRefused) as refused:
        pair.client.write(b"more", pair.now_ns)
    assert refused.value.errno == errno.EPIPE


def test_simultaneous_close() -> None:
    pair = Pair().open()
    pair.run()
    pair.client.close(pair.now_ns)
    pair.server.close(pair.now_ns)
    pair.run()
    assert pair.path("client")[-4:] == pair.path("server")[-4:] == [ESTABLISHED, FIN_WAIT_1, CLOSING, TIME_WAIT]


def test_a_close_with_unread_data_is_a_reset() -> None:
    pair = Pair().open()
    pair.client.write(b"never read", pair.now_ns)
    pair.run()
    pair.server.close(pair.now_ns)
    pair.run()
    assert pair.states == (CLOSED, CLOSED)
    assert pair.sent_by("server")[-1].flags & RST and pair.client.take_error() == errno.ECONNRESET
    assert Reset(errno.ECONNRESET) in pair.events["client"]


def test_a_linger_time_of_zero_is_a_reset() -> None:
    pair = Pair(client_config=config(CLIENT, SERVER, seed=1, settings=Settings(linger_s=0))).open()
    pair.client.close(pair.now_ns)
    pair.run()
    assert pair.states == (CLOSED, CLOSED) and pair.server.error == errno.ECONNRESET and pair.client.error is None


def test_text_for_an_orphan_is_answered_by_a_reset() -> None:
    pair = Pair().open()
    pair.run()
    pair.client.close(pair.now_ns)
    pair.run()
    pair.server.write(b"too late", pair.now_ns)
    pair.run()
    assert pair.states == (CLOSED, CLOSED) and pair.server.error == errno.EPIPE


def test_a_refused_connection() -> None:
    closed = Connection(config(SERVER, CLIENT, seed=2), 0)
    pair = Pair(server=closed)
    pair.run()
    assert pair.states == (CLOSED, CLOSED) and pair.client.take_error() == errno.ECONNREFUSED and pair.client.take_error() == 0
    reset = pair.sent_by("server")[0]
    assert (reset.flags, reset.seq, reset.ack) == (RST | ACK, 0, (pair.sent_by("client")[0].seq + 1) & 0xFFFFFFFF)


def test_an_old_duplicate_syn_is_recovered_from() -> None:
    """Figure 8 of RFC 9293: a SYN of an earlier life reaches LISTEN, the SYN-ACK is answered by RST, the real SYN follows."""
    pair = Pair()
    syn = pair.client.poll_transmit(pair.now_ns)
    assert syn is not None
    old = type(syn)(seq=(syn.seq - 500_000) & 0xFFFFFFFF, ack=0, flags=SYN, window=1000, syn=syn.syn)
    pair.server.handle_segment(old, pair.now_ns)
    pair.run(3 * SECOND_NS, until=lambda: pair.states == (ESTABLISHED, ESTABLISHED))
    assert pair.states == (ESTABLISHED, ESTABLISHED), pair.story()
    assert pair.path("server")[:4] == [CLOSED, LISTEN, SYN_RECEIVED, LISTEN]


def test_a_rebooted_peer_is_discovered() -> None:
    """Figure 9: the other end has lost its memory; the first data finds it out."""
    pair = Pair().open()
    pair.run()
    pair.server = Connection(config(SERVER, CLIENT, seed=3), pair.now_ns)
    pair.client.write(b"anybody there", pair.now_ns)
    pair.run()
    assert pair.client.state is CLOSED and pair.client.error == errno.ECONNRESET


def test_listen_may_become_active() -> None:
    connection = Connection.passive(config(CLIENT, SERVER), 0)
    connection.open(0)
    assert connection.state is SYN_SENT
    segment = connection.poll_transmit(0)
    assert segment is not None and segment.flags == SYN


def test_silence_ends_an_opening_as_linux_counts() -> None:
    pair = Pair(fate=lambda _sent: ())
    pair.run(200 * SECOND_NS)
    times = [round((sent.at_ns - pair.wire[0].at_ns) / SECOND_NS) for sent in pair.wire]
    assert times == [0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67]
    assert pair.client.state is CLOSED and pair.client.error == errno.ETIMEDOUT


def test_windows_of_the_first_segments_are_those_of_linux() -> None:
    pair = Pair().open()
    pair.flush()
    assert [sent.segment.window for sent in pair.wire] == [64240, 65160, 502]


def test_an_established_connection_may_be_asked_for_everything() -> None:
    pair = Pair().open()
    info = pair.client.info(pair.now_ns + MILLISECOND_NS)
    assert info.state is ESTABLISHED and info.segs_in == 1


def test_a_small_rest_waits_for_more_and_records_are_not_joined() -> None:
    pair = Pair().open()
    pair.client.write(b"head", pair.now_ns, more=True)
    pair.flush()
    assert not [sent for sent in pair.wire if sent.segment.payload]
    pair.client.write(b"tail", pair.now_ns, end_of_record=True)
    pair.run(until=lambda: pair.server.readable_bytes == 8)
    assert [sent.segment.payload for sent in pair.wire if sent.segment.payload] == [b"headtail"]


def test_the_last_ack_of_a_handshake_waits_for_whoever_waits_to_write() -> None:
    pair = Pair()
    pair.client.want_room()
    pair.run(until=lambda: pair.client.state is ESTABLISHED)
    pair.flush()
    assert len(pair.sent_by("client")) == 1
    pair.client.write(b"request", pair.now_ns)
    pair.flush()
    assert [segment.payload for segment in pair.sent_by("client")] == [b"", b"request"]


def test_text_received_is_dated_from_the_opening_on() -> None:
    pair = Pair().open()
    opened = pair.now_ns
    assert pair.client.info(opened + 990 * MILLISECOND_NS).last_data_recv_ms == 1000
