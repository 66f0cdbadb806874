from __future__ import annotations

from estab.engine import outbound
from estab.instant import MILLISECOND_NS
from estab.machine.states import State
from estab.wire.segment import ACK, FIN, PSH, RST, SYN, Segment
from tests.unit.engine.configs import CLIENT, SERVER, config
from tests.unit.engine.named import NOW_NS, in_state
from tests.unit.engine.pair import Pair


def test_what_is_posted_leaves_first_and_data_carries_the_ack() -> None:
    named = in_state(State.ESTABLISHED)
    connection = named.connection
    connection.handle_segment(Segment(named.seq, connection.snd_nxt & 0xFFFFFFFF, ACK, 60_000, b"in"), NOW_NS)
    connection.write(b"out", NOW_NS)
    connection.post(Segment(1, 2, RST, 3))
    first, second = named.flush()
    assert first.flags == RST
    assert (second.payload, second.ack, second.flags) == (b"out", named.seq + 2, ACK | PSH)


def test_timestamps_stand_in_every_segment_once_agreed() -> None:
    pair = Pair().open()
    pair.client.write(b"data", pair.now_ns)
    pair.run()
    pair.client.close(pair.now_ns)
    pair.server.abort(pair.now_ns)
    pair.run()
    *segments, reset, stray = pair.sent_by("server")
    assert reset.flags == RST | ACK and stray.flags == RST and stray.tsval is None
    assert all(segment.tsval is not None and segment.tsecr for segment in [*segments, reset, *pair.sent_by("client")[1:]])


def test_new_segments_leave_room_for_blocks_and_one_sent_again_has_none() -> None:
    pair = Pair().open()
    pair.client.handle_segment(Segment((pair.client.receiver.rcv_nxt + 50) & 0xFFFFFFFF, pair.client.snd_nxt & 0xFFFFFFFF, ACK, 500,  # type: ignore[union-attr]
                                       b"ahead", tsval=pair.client.ts_recent), pair.now_ns)  # fmt: skip
    pair.client.write(bytes(2000), pair.now_ns)
    full, small = (segment for segment in iter(lambda: pair.client.poll_transmit(pair.now_ns), None))
    assert len(full.payload) == 1436 and len(full.sack) == len(small.sack) == 1
    again = outbound.acknowledging(pair.client, pair.now_ns, pair.client.snd_nxt, ACK, bytes(1448))
    assert again.sack == ()


def test_a_window_probe_of_keepalive_stands_one_before() -> None:
    named = in_state(State.ESTABLISHED)
    probe = outbound.probe(named.connection, NOW_NS)
    assert probe.seq == (named.connection.snd_nxt - 1) & 0xFFFFFFFF and probe.payload == b"" and probe.flags == ACK


def test_new_data_of_a_connection_with_ecn_is_marked() -> None:
    made = config(CLIENT, SERVER, seed=1, tcp_ecn=1)
    pair = Pair(client_config=made).open()
    pair.client.write(b"data", pair.now_ns)
    pair.run()
    assert [sent.ecn for sent in pair.wire if sent.segment.payload] == [2]
    assert {sent.ecn for sent in pair.wire if not sent.segment.payload} == {0}


def test_urgent_data_points_behind_its_last_byte() -> None:
    named = in_state(State.ESTABLISHED)
    named.connection.write(b"abc!", NOW_NS, urgent=True)
    (segment,) = named.flush()
    assert segment.urgent == 4 and segment.flags & 32


def test_the_fin_rides_on_the_last_data() -> None:
    named = in_state(State.ESTABLISHED)
    named.connection.write(b"last", NOW_NS + MILLISECOND_NS)
    named.connection.shutdown_write(NOW_NS)
    left = named.flush()
    assert b"".join(segment.payload for segment in left) == b"last" and left[-1].flags & FIN


def test_a_reset_of_an_unanswered_opening_has_no_ack() -> None:
    named = in_state(State.SYN_SENT)
    assert outbound.reset(named.connection, NOW_NS).flags == RST
    assert outbound.reset_reply(Segment(5, 0, SYN, 0, b"xy")) == Segment(0, 8, RST | ACK, 0)
