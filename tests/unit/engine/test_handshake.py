from __future__ import annotations

import dataclasses

import pytest

from estab.engine.connection import Connection
from estab.engine.events import FastOpenAnswered, StateChanged
from estab.engine.half_open import answer_syn, syn_ack
from estab.engine.options import ConnectionConfig, Negotiated, Settings
from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.machine.states import State
from estab.seq import MASK
from estab.snapshot import TcpOption
from estab.wire.segment import ACK, CWR, ECE, FIN, RST, SYN, Segment, SynOptions
from tests.unit.engine.configs import CLIENT, LINUX, SERVER, config
from tests.unit.engine.named import NOW_NS, PEER_ISS, Named, in_state
from tests.unit.engine.pair import Pair


def answered(connection: Connection, *, acked: int = 0, payload: bytes = b"", options: SynOptions | None = None, flags: int = SYN | ACK,
             tsval: int | None = None) -> None:  # fmt: skip
    """The SYN-ACK arrives, `acked` bytes of the SYN's data acknowledged."""
    segment = Segment(PEER_ISS, (connection.iss + 1 + acked) & MASK, flags, 60_000, payload, tsval, syn=options or SynOptions(1460))
    connection.handle_segment(segment, NOW_NS)


@pytest.mark.parametrize(
    ("client", "server", "agreed"),
    [
        ({}, {}, Negotiated(peer_mss_bytes=1460, window_scaling=True, snd_wscale=7, rcv_wscale=7, timestamps=True, sack=True)),
        ({"tcp_sack": 0}, {}, Negotiated(peer_mss_bytes=1460, window_scaling=True, snd_wscale=7, rcv_wscale=7, timestamps=True)),
        ({}, {"tcp_timestamps": 0}, Negotiated(peer_mss_bytes=1460, window_scaling=True, snd_wscale=7, rcv_wscale=7, sack=True)),
        ({}, {"tcp_window_scaling": 0}, Negotiated(peer_mss_bytes=1460, timestamps=True, sack=True)),
        ({"tcp_ecn": 1, "tcp_sack": 0, "tcp_timestamps": 0, "tcp_window_scaling": 0}, {}, Negotiated(peer_mss_bytes=1460, ecn=True)),
        ({"tcp_ecn": 1, "tcp_sack": 0, "tcp_timestamps": 0, "tcp_window_scaling": 0}, {"tcp_ecn": 0}, Negotiated(peer_mss_bytes=1460)),
        ({"tcp_ecn": 2, "tcp_sack": 0, "tcp_timestamps": 0, "tcp_window_scaling": 0}, {}, Negotiated(peer_mss_bytes=1460)),
    ],
)  # fmt: skip
def test_both_ends_agree_on_the_same(client: dict[str, int], server: dict[str, int], agreed: Negotiated) -> None:
    knobs = LINUX.but(**client), LINUX.but(**server)
    client_config, server_config = config(CLIENT, SERVER, seed=1, knobs=knobs[0]), config(SERVER, CLIENT, seed=2, knobs=knobs[1])
    pair = Pair(client_config=client_config, server_config=server_config).open()
    assert pair.client.agreed == pair.server.agreed == agreed


def test_ecn_is_asked_with_two_bits_and_granted_with_one() -> None:
    pair = Pair(client_config=config(CLIENT, SERVER, seed=1, tcp_ecn=1)).open()
    assert [sent.segment.flags & (ECE | CWR) for sent in pair.wire[:2]] == [ECE | CWR, ECE]


def test_a_syn_sent_again_asks_for_no_ecn() -> None:
    named = in_state(State.SYN_SENT, made=config(tcp_ecn=1))
    (again,) = named.later(SECOND_NS)
    assert again.flags == SYN


def test_initial_sequence_numbers_follow_the_clock() -> None:
    first, second = (Connection.active(config(), now).iss for now in (0, 64_000))
    assert (second - first) & MASK == 1000


def test_the_listeners_way_and_the_lone_ones_are_the_same_to_the_client() -> None:
    made = config(SERVER, CLIENT, seed=2)
    pair = Pair(server=Connection(made, SECOND_NS))
    syn = pair.client.poll_transmit(SECOND_NS)
    assert syn is not None
    half = answer_syn(made, syn, SECOND_NS)
    pair.client.handle_segment(syn_ack(half, made, SECOND_NS), SECOND_NS)
    pair.server = Connection.from_half_open(made, half, SECOND_NS)
    assert pair.server.state is State.SYN_RECEIVED and pair.server.poll_transmit(SECOND_NS) is None
    pair.open()
    assert pair.transfer("client", b"up" * 5000) == b"up" * 5000 and pair.transfer("server", b"down" * 5000) == b"down" * 5000
    assert [event.new for event in pair.events["server"] if isinstance(event, StateChanged)] == [State.ESTABLISHED]


def fast_open(cookie: bytes = b"12345678", **changes: object) -> ConnectionConfig:
    return dataclasses.replace(config(), fast_open_cookie=cookie, **changes)  # type: ignore[arg-type]


def test_fast_open_asks_for_a_cookie_and_learns_it() -> None:
    connection = Connection.active(fast_open(b""), NOW_NS, data=b"early")
    syn = connection.poll_transmit(NOW_NS)
    assert syn is not None and syn.payload == b"" and syn.syn is not None and syn.syn.fast_open_cookie == b""
    answered(connection, options=SynOptions(1400, fast_open_cookie=b"abcd1234"))
    told = [event for event in iter(connection.poll_event, None) if isinstance(event, FastOpenAnswered)]
    assert told == [FastOpenAnswered(b"abcd1234", False, 1400, 0, 0, syn_retransmits=0, asked=True)]
    segment = connection.poll_transmit(NOW_NS)
    assert segment is not None and segment.payload == b"early"


@pytest.mark.parametrize("acked", [0, 3, 5])
def test_fast_open_sends_data_in_the_syn_and_the_rest_behind_it(acked: int) -> None:
    connection = Connection.active(fast_open(), NOW_NS, data=b"early")
    syn = connection.poll_transmit(NOW_NS)
    assert syn is not None and syn.payload == b"early" and syn.syn is not None and syn.syn.fast_open_cookie == b"12345678"
    connection.write(b" birds", NOW_NS)
    answered(connection, acked=acked)
    left = list(iter(lambda: connection.poll_transmit(NOW_NS), None))
    sent = [(segment.payload, (segment.seq - connection.iss - 1) & MASK) for segment in left if segment.payload]
    assert sent == [(part, at) for part, at in ((b"early"[acked:], acked), (b" birds", 5)) if part]
    info = connection.info(NOW_NS)
    assert bool(info.options & TcpOption.SYN_DATA) is (acked == 5) and info.delivered == 1
    assert info.retrans_segments == (0 if acked == 5 else 1)


def test_a_fast_open_syn_sent_again_is_plain() -> None:
    connection = Connection.active(fast_open(), NOW_NS, data=b"early")
    connection.poll_transmit(NOW_NS)
    connection.handle_deadline(NOW_NS + SECOND_NS)
    again = connection.poll_transmit(NOW_NS + SECOND_NS)
    assert again is not None and again.payload == b"" and again.syn is not None and again.syn.fast_open_cookie is None


def child(now_ns: int = NOW_NS) -> Connection:
    """A Fast Open child with the data of its SYN."""
    made = config(SERVER, CLIENT)
    half = answer_syn(made, Segment(PEER_ISS, 0, SYN, 60_000, b"hello", syn=SynOptions(1460)), now_ns)
    half.syn_data = b"hello"
    return Connection.from_half_open(made, half, now_ns, fast_open=True)


def test_a_fast_open_child_reads_and_answers_before_the_handshake_ends() -> None:
    connection = child()
    assert connection.read(10, NOW_NS) == b"hello"
    connection.write(b"world", NOW_NS)
    segment = connection.poll_transmit(NOW_NS)
    assert segment is not None and segment.payload == b"world" and segment.ack == PEER_ISS + 6
    connection.handle_segment(Segment(PEER_ISS + 6, (connection.iss + 6) & MASK, ACK, 60_000), NOW_NS)
    assert connection.state is State.ESTABLISHED and connection.sender is not None and connection.sender.unacked_bytes == 0


def test_a_fast_open_child_repeats_its_syn_ack_and_gives_up() -> None:
    named = Named(child())
    repeated = named.later(300 * SECOND_NS)
    assert [segment.flags for segment in repeated] == [SYN | ACK] * 6 and {segment.ack for segment in repeated} == {PEER_ISS + 6}
    assert named.state() is State.CLOSED


def test_data_in_a_syn_ack_is_taken() -> None:
    named = in_state(State.SYN_SENT)
    answered(named.connection, payload=b"banner")
    assert named.connection.read(10, named.now_ns) == b"banner"
    assert [segment.ack for segment in named.flush()] == [PEER_ISS + 7]


def test_text_and_fin_with_a_syn_wait_for_the_handshake() -> None:
    named = in_state(State.LISTEN)
    syn = Segment(PEER_ISS, 0, SYN | FIN, 60_000, b"all", syn=SynOptions(1460))
    named.connection.handle_segment(syn, named.now_ns)
    assert named.flush()[0].ack == PEER_ISS + 1 and named.connection.readable_bytes == 0
    named.gets(ACK)
    assert named.state() is State.CLOSE_WAIT and named.connection.read(10, named.now_ns) == b"all" and named.connection.at_eof


def test_a_close_in_syn_received_with_data_waits_for_the_handshake() -> None:
    named = in_state(State.SYN_RECEIVED)
    named.connection.write(b"data", named.now_ns)
    named.connection.shutdown_write(named.now_ns)
    assert named.state() is State.SYN_RECEIVED and named.flush() == []
    left = named.gets(ACK)
    assert named.state() is State.FIN_WAIT_1
    assert b"".join(segment.payload for segment in left) == b"data" and left[-1].flags & FIN


def test_a_listener_that_lost_its_peer_takes_the_next() -> None:
    named = in_state(State.SYN_RECEIVED, passive=True)
    named.gets(RST)
    assert named.state() is State.LISTEN and named.connection.receiver is None and named.connection.poll_deadline() is None
    named.connection.handle_segment(Segment(77, 0, SYN, 100, syn=SynOptions()), named.now_ns)
    named.flush()
    named.connection.handle_segment(Segment(78, named.connection.snd_nxt & MASK, ACK, 100), named.now_ns)
    assert named.state() is State.ESTABLISHED


def test_a_time_wait_that_may_is_opened_anew() -> None:
    named = in_state(State.TIME_WAIT, passive=True)
    old = named.connection.iss
    left = named.gets(SYN, seq=50_000)
    assert named.state() is State.SYN_RECEIVED and [segment.flags for segment in left] == [SYN | ACK]
    assert named.connection.iss != old or named.now_ns == NOW_NS


def test_the_round_trip_of_the_handshake_is_the_first_sample_unless_it_was_repeated() -> None:
    pair = Pair(delay_ns=15 * MILLISECOND_NS).open()
    assert pair.client.info(pair.now_ns).rtt_us == 30_000
    plain = config(CLIENT, SERVER, seed=1, tcp_timestamps=0)
    slow = Pair(delay_ns=700 * MILLISECOND_NS, client_config=plain).open()
    assert slow.client.info(slow.now_ns).rtt_us == 0
    timed = Pair(delay_ns=700 * MILLISECOND_NS).open()
    assert timed.client.info(timed.now_ns).rtt_us == 1_400_000


def test_settings_are_handed_on() -> None:
    named = in_state(State.ESTABLISHED, made=config(settings=Settings(nodelay=True, sndbuf_bytes=20_000, user_timeout_ms=5000)))
    sender = named.connection.sender
    assert sender is not None and sender.sndbuf_bytes == 20_000 and sender.user_timeout_us == 5_000_000
    named.connection.change(named.now_ns, nodelay=False, congestion="reno", user_timeout_ms=0)
    assert sender.user_timeout_us == 0 and not sender.nagle & 1
