"""The eight steps, one by one, with states written out literally; the numbers count from what each side would send next."""

from __future__ import annotations

import errno

import pytest

from estab.engine.events import URGENT_ARRIVED
from estab.engine.isn import timestamp
from estab.engine.options import Settings
from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.machine.states import State
from estab.seq import MASK
from estab.wire.segment import ACK, CWR, ECE, FIN, PSH, RST, SYN, URG, Segment, SynOptions
from tests.unit.engine.configs import CLIENT, SERVER, config
from tests.unit.engine.named import NOW_NS, PEER_ISS, Named, in_state

SYNCHRONIZED = tuple(State)[State.ESTABLISHED :]
EVERY_STATE = tuple(State)


def with_timestamps(state: State = State.ESTABLISHED) -> Named:
    """A connection that agreed on timestamps; the peer's clock stands at 1000."""
    named = in_state(State.SYN_SENT)
    acked = (named.connection.iss + 1) & MASK
    named.connection.handle_segment(Segment(PEER_ISS, acked, SYN | ACK, 60_000, tsval=1000, tsecr=0, syn=SynOptions(1460)), NOW_NS)
    named.flush()
    assert named.state() is state
    return named


# Sections 3.10.7.1 to 3.10.7.3.


def test_a_closed_connection_answers_with_a_reset_that_fits() -> None:
    named = in_state(State.CLOSED)
    (reset,) = named.gets(ACK, b"data", ack=77)
    assert (reset.flags, reset.seq) == (RST, named.connection.snd_nxt + 77)
    (reset,) = named.gets(FIN, b"abc")
    assert (reset.flags, reset.seq, reset.ack) == (RST | ACK, 0, PEER_ISS + 1 + 4)
    assert named.gets(RST) == []


def test_a_listener_answers_an_ack_with_a_reset_and_ignores_a_reset() -> None:
    named = in_state(State.LISTEN)
    assert [segment.flags for segment in named.gets(ACK)] == [RST]
    assert named.gets(RST) == named.gets(FIN, b"text") == [] and named.state() is State.LISTEN


@pytest.mark.parametrize(("flags", "answers"), [(ACK, [RST]), (SYN | ACK, [RST]), (RST | ACK, [])])
def test_syn_sent_refuses_an_ack_that_is_not_of_its_syn(flags: int, answers: list[int]) -> None:
    named = in_state(State.SYN_SENT)
    assert [segment.flags for segment in named.gets(flags, ack=1)] == answers
    assert named.state() is State.SYN_SENT


def test_syn_sent_drops_what_is_neither_syn_nor_reset() -> None:
    named = in_state(State.SYN_SENT)
    assert named.gets(ACK, b"early") == named.gets(RST) == [] and named.state() is State.SYN_SENT
    named.gets(RST | ACK)
    assert named.state() is State.CLOSED and named.connection.error == errno.ECONNREFUSED


# The first step: sequence numbers.


@pytest.mark.parametrize("state", SYNCHRONIZED)
@pytest.mark.parametrize("seq", [-5, 100_000])
def test_text_outside_the_window_is_answered_and_dropped(state: State, seq: int) -> None:
    named = in_state(state)
    assert named.connection.receiver is not None
    expected = named.connection.receiver.rcv_nxt
    (answer,) = named.gets(ACK | PSH, b"12345", seq=seq)
    assert (answer.flags, answer.ack) == (ACK, expected) and named.connection.receiver.rcv_nxt == expected
    assert named.state() is state


def test_old_text_is_reported_by_d_sack() -> None:
    named = in_state(State.ESTABLISHED)
    named.sends(ACK, b"x" * 10)
    (answer,) = named.gets(ACK, b"x" * 10, seq=-10)
    assert answer.sack == ((PEER_ISS + 1, PEER_ISS + 11),)


def test_what_straddles_the_edges_is_trimmed() -> None:
    named = in_state(State.ESTABLISHED)
    named.sends(ACK, b"abc")
    named.gets(ACK, b"bcdef", seq=-2)
    assert named.connection.read(10, NOW_NS) == b"abcdef"


def test_a_keepalive_probe_is_answered_but_not_too_often() -> None:
    named = in_state(State.ESTABLISHED)
    assert len(named.gets(ACK, seq=-1)) == 1 and named.gets(ACK, seq=-1) == []
    named.now_ns += 500 * MILLISECOND_NS
    assert len(named.gets(ACK, seq=-1)) == 1


def test_a_zero_window_takes_acks_and_a_bare_fin_but_no_text() -> None:
    named = in_state(State.ESTABLISHED)
    receiver = named.connection.receiver
    assert receiver is not None
    named.connection.write(b"out", NOW_NS)
    named.flush()
    while receiver.window_left:
        named.sends(ACK, bytes(min(receiver.window_left, 1000)), ack=-3)
    (answer,) = named.gets(ACK, b"!", ack=0)
    assert (answer.ack, answer.window) == (receiver.rcv_nxt, 0)
    assert named.connection.sender is not None and named.connection.sender.unacked_bytes == 0
    named.gets(ACK | FIN)
    assert named.state() is State.CLOSE_WAIT


def test_paws_drops_an_old_timestamp_but_not_an_overtaken_ack() -> None:
    named = with_timestamps()
    named.sends(ACK, b"new", tsval=5000)
    (answer,) = named.gets(ACK, b"old", tsval=4000)
    assert answer.ack == named.seq and named.connection.readable_bytes == 3
    assert named.connection.config.counters["TcpExt.PAWSEstab"] == 1
    named.gets(ACK, tsval=4900)
    assert named.connection.config.counters["TcpExt.PAWSEstab"] == 1
    named.now_ns += 25 * 24 * 3600 * SECOND_NS  # after 24 days the timestamp proves nothing
    named.sends(ACK, b"again", tsval=4000)
    assert named.connection.readable_bytes == 8


def test_ts_recent_follows_the_left_edge_only() -> None:
    named = with_timestamps()
    named.gets(ACK, b"ahead", seq=10, tsval=2000)
    assert named.connection.ts_recent == 1000
    named.sends(ACK, b"0123456789", tsval=1500)
    assert named.connection.ts_recent == 1500


def test_a_segment_with_a_bad_ack_leaves_ts_recent_alone() -> None:
    named = with_timestamps()
    named.gets(ACK | FIN, ack=9999, tsval=200_000)
    assert named.connection.ts_recent == 1000 and named.state() is State.ESTABLISHED


# The second step: resets.


@pytest.mark.parametrize("state", SYNCHRONIZED[:-1])
def test_a_reset_counts_only_at_the_edge(state: State) -> None:
    named = in_state(state)
    assert named.gets(RST, seq=200_000) == [] and named.state() is state
    (challenge,) = named.gets(RST, seq=1)
    assert challenge.flags == ACK and named.state() is state
    assert named.gets(RST, seq=0) == [] and named.state() is State.CLOSED


@pytest.mark.parametrize(
    ("state", "number"),
    [(State.ESTABLISHED, errno.ECONNRESET), (State.CLOSE_WAIT, errno.EPIPE), (State.FIN_WAIT_2, errno.ECONNRESET), (State.LAST_ACK, None)],
)
def test_what_a_reset_means_to_the_user(state: State, number: int | None) -> None:
    named = in_state(state)
    named.gets(RST)
    assert named.connection.error == number


def test_a_reset_behind_the_highest_sack_block_counts() -> None:
    named = in_state(State.ESTABLISHED)
    named.gets(ACK, b"ahead", seq=100)
    named.gets(RST, seq=105)
    assert named.state() is State.CLOSED


def test_a_reset_numbered_as_the_fin_counts() -> None:
    named = in_state(State.CLOSE_WAIT)
    named.gets(RST, seq=-1)
    assert named.state() is State.CLOSED


@pytest.mark.parametrize(("guarded", "after"), [(0, State.CLOSED), (1, State.TIME_WAIT)])
def test_a_reset_in_time_wait(guarded: int, after: State) -> None:
    named = in_state(State.TIME_WAIT, made=config(tcp_rfc1337=guarded))
    named.gets(RST)
    assert named.state() is after


# The fourth step.


@pytest.mark.parametrize("state", SYNCHRONIZED)
def test_a_syn_is_challenged(state: State) -> None:
    named = in_state(state)
    (challenge,) = named.gets(SYN, seq=500)
    assert challenge.flags == ACK and named.state() is state
    assert named.gets(SYN, seq=500) == []  # the next one within half a second is not


def test_challenges_of_a_host_are_limited() -> None:
    named = in_state(State.ESTABLISHED, made=config(tcp_challenge_ack_limit=0))
    assert named.gets(SYN, seq=500) == []


# The fifth step.


def test_without_ack_nothing_goes_on() -> None:
    named = in_state(State.ESTABLISHED)
    assert named.gets(0, b"text") == [] and named.connection.readable_bytes == 0


@pytest.mark.parametrize("ack", [-100_000, 5])
def test_an_ack_out_of_range_takes_its_segment_along_and_is_challenged(ack: int) -> None:
    named = in_state(State.ESTABLISHED)
    assert len(named.gets(ACK, b"text", ack=ack)) == 1 and named.connection.readable_bytes == 0


def test_an_ack_of_the_fin_and_a_fin_in_one_segment() -> None:
    named = in_state(State.FIN_WAIT_1)
    named.gets(ACK | FIN)
    assert named.state() is State.TIME_WAIT


def test_a_window_update_is_taken_from_newer_segments_only() -> None:
    named = in_state(State.ESTABLISHED)
    sender = named.connection.sender
    assert sender is not None
    named.sends(ACK, b"x", window=5000)
    assert sender.snd_wnd == 5000
    named.gets(ACK, seq=-1, window=9)
    assert sender.snd_wnd == 5000


# The sixth step.


def test_urgent_data_is_told_once() -> None:
    named = in_state(State.ESTABLISHED)
    named.sends(ACK | URG, b"ab", urgent=3)
    named.sends(ACK | URG, b"U", urgent=1)
    told = [event for event in iter(named.connection.poll_event, None) if event is URGENT_ARRIVED]
    assert len(told) == 1 and named.connection.read_urgent(NOW_NS) == b"U" and named.connection.read(10, NOW_NS) == b"ab"


def test_urgent_data_after_the_fin_is_ignored() -> None:
    named = in_state(State.CLOSE_WAIT)
    named.gets(ACK | URG, urgent=5)
    assert named.connection.receiver is not None and named.connection.receiver.urgent_position is None


# The seventh and eighth step: text and FIN.


def test_a_hole_is_told_and_filled() -> None:
    named = in_state(State.ESTABLISHED)
    (told,) = named.gets(ACK, b"def", seq=3)
    assert told.ack == PEER_ISS + 1 and told.sack == ((PEER_ISS + 4, PEER_ISS + 7),)
    (told,) = named.gets(ACK, b"abc")
    assert told.ack == PEER_ISS + 7 and told.sack == () and named.connection.read(10, NOW_NS) == b"abcdef"


def test_a_fin_before_its_turn_waits() -> None:
    named = in_state(State.ESTABLISHED)
    named.gets(ACK | FIN, b"def", seq=3)
    assert named.state() is State.ESTABLISHED
    named.gets(ACK, b"abc")
    assert named.state() is State.CLOSE_WAIT and named.connection.read(10, NOW_NS) == b"abcdef" and named.connection.at_eof


def test_the_fin_again_restarts_time_wait() -> None:
    named = in_state(State.TIME_WAIT)
    named.later(50 * SECOND_NS)
    (answer,) = named.gets(ACK | FIN, seq=-1)
    assert answer.flags == ACK
    named.later(50 * SECOND_NS)
    assert named.state() is State.TIME_WAIT
    named.later(11 * SECOND_NS)
    assert named.state() is State.CLOSED


@pytest.mark.parametrize("state", [State.FIN_WAIT_1, State.FIN_WAIT_2])
def test_text_for_nobody_is_a_reset(state: State) -> None:
    named = in_state(state)
    named.connection.close(NOW_NS)
    (reset,) = named.gets(ACK, b"late", ack=-1 if state is State.FIN_WAIT_1 else 0)
    assert reset.flags == RST and named.state() is State.CLOSED
    assert named.connection.config.counters["TcpExt.TCPAbortOnData"] == 1


def test_text_after_both_directions_are_shut_is_a_reset_but_before_it_is_read() -> None:
    named = in_state(State.ESTABLISHED)
    named.connection.shutdown_read(NOW_NS)
    named.sends(ACK, b"fine")
    assert named.connection.read(10, NOW_NS) == b"fine"
    named.connection.shutdown_write(NOW_NS)
    named.flush()
    named.gets(ACK, b"late", ack=-1)
    assert named.state() is State.CLOSED


def test_a_congestion_mark_is_echoed_until_cwr() -> None:
    named = in_state(State.SYN_SENT, made=config(CLIENT, SERVER, tcp_ecn=1, tcp_timestamps=0))
    named.gets(SYN | ACK | ECE)
    (echo,) = named.sends(ACK, b"marked", ecn=3)
    assert echo.flags == ACK | ECE
    (still,) = named.sends(ACK, b"unmarked", ecn=2)
    assert still.flags == ACK | ECE
    (over,) = named.sends(ACK | CWR, b"slower", ecn=2)
    assert over.flags == ACK


@pytest.mark.parametrize("state", EVERY_STATE)
@pytest.mark.parametrize("flags", [0, 0x1FF, SYN | FIN, SYN | RST, URG, PSH])
def test_no_mixture_of_flags_raises(state: State, flags: int) -> None:
    for passive in (False, True):
        for seq in (0, 1, -1, 1 << 31):
            in_state(state, passive=passive).gets(flags, b"xyz", seq=seq, urgent=2)


def test_an_answer_to_a_syn_of_another_life_is_refused() -> None:
    named = in_state(State.SYN_SENT)
    clock = timestamp(named.now_ns, named.connection.ts_offset)
    for echo, answers in (((clock - 5000) & MASK, [RST]), ((clock + 5000) & MASK, [RST]), (clock, [ACK])):
        acked = (named.connection.iss + 1) & MASK
        named.connection.handle_segment(Segment(PEER_ISS, acked, SYN | ACK, 60_000, tsval=7, tsecr=echo, syn=SynOptions(1460)), NOW_NS)
        assert [segment.flags for segment in named.flush()] == answers
    assert named.state() is State.ESTABLISHED and named.connection.config.counters["TcpExt.PAWSActive"] == 2


def test_the_peers_user_timeout_counts_where_this_end_has_announced_its_own() -> None:
    named = in_state(State.ESTABLISHED, made=config(settings=Settings(advertised_user_timeout_s=120)))
    sender = named.connection.sender
    assert sender is not None
    before = sender.user_timeout_us
    segment = Segment(named.seq, named.connection.snd_nxt & MASK, ACK, 60_000, user_timeout_s=300)
    named.connection.handle_segment(segment, NOW_NS)
    assert (before, sender.user_timeout_us) == (120_000_000, 300_000_000)
