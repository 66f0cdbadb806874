from __future__ import annotations

from estab.engine.sending.profile import ArqMode, SendingProfile
from estab.snapshot import CongestionState
from tests.unit.engine.sending.line import Line


def times(line: Line, ms: float) -> list[float]:
    return [when for when, _ in line.wait(ms)]


def test_the_timeout_doubles_each_time() -> None:
    line = Line(sack=False)
    line.write(1_000)
    assert times(line, 10_000) == [300, 900, 2_100, 4_500, 9_300]


def test_a_probe_comes_first_and_does_not_shorten_the_timeout() -> None:
    """As a kernel was seen to send: 0.21, 0.42, 0.84, 1.67, 3.33, 6.79 s, with a round trip near zero."""
    line = Line(rtt_ms=0)
    line.sender.on_handshake_rtt(100_000, line.now_ns)
    line.write(100)
    assert [round(when) for when in times(line, 7_000)] == [204, 408, 816, 1_632, 3_264, 6_528]


def test_no_wait_is_longer_than_the_largest() -> None:
    line = Line(sack=False, tcp_rto_max_ms=1_000, tcp_retries2=255)
    line.write(1_000)
    assert times(line, 4_000) == [300, 900, 1_900, 2_900, 3_900]


def test_everything_counts_as_lost_and_the_window_is_one_segment() -> None:
    line = Line(congestion="reno", sack=False)
    line.write(10_000)
    line.wait(300)
    assert (line.sender.ca_state, line.sender.cwnd, line.sender.ssthresh, line.sender.lost_out) == (CongestionState.LOSS, 1, 5, 10)
    assert line.ack(1_001, after=100) == ["R 1001:3001"]
    assert line.ack(3_001, after=100) == ["R 3001:7001"]


def test_slow_start_and_then_the_curve_as_linux_has_them() -> None:
    profile = SendingProfile(gso_max_bytes=65_536, tso_win_divisor=100)
    line = Line(profile=profile, window=257 << 7)
    line.sender.set_send_buffer(400_000)
    line.write(1_000)
    line.ack(1_001, after=100)
    line.write(1_000)
    assert line.wait(610) == [(300, ["R 1001:2001"]), (600, ["R 1001:2001"])]
    line.ack(2_001, after=90)
    assert (line.sender.cwnd, line.sender.ssthresh) == (2, 7)
    assert line.write(200_000) == ["2001:4001"]
    windows = []
    steps = [100, 2, 98, *[2] * 3, 98, *[2] * 6, 98, 3, *[2] * 5, 98]
    for number, after in enumerate(steps):
        line.ack(3_001 + number * 1_000, after=after)
        windows.append(line.sender.cwnd)
    # From 2 to ssthresh one by one, then no faster than one in twenty.
    assert windows == [3, 4, 5, 6, *[7] * 16, 8]


def test_ssthresh_shrinks_once_for_a_window() -> None:
    line = Line(congestion="reno", sack=False)
    line.write(10_000)
    line.wait(300)
    line.wait(600)
    assert line.sender.ssthresh == 5


def test_going_back_n_sends_everything_again_even_what_had_arrived() -> None:
    line = Line(profile=SendingProfile(arq_mode=ArqMode.GO_BACK_N), congestion="reno")
    line.write(4_000)
    for end in (2_001, 3_001, 4_001):
        sent = line.ack(1, (1_001, end), after=100 if end == 2_001 else 0)
    assert sent[0].startswith("R 1:")
    again = list(sent)
    for number in (1_001, 2_001, 3_001):
        again += line.ack(number, after=100)
    assert again[-1].endswith("4001")
    total = sum(int(word.split(":")[1]) - int(word[2:].split(":")[0]) for word in again)
    assert total == 4_000


def test_stop_and_wait_has_one_segment_in_flight() -> None:
    line = Line(profile=SendingProfile(arq_mode=ArqMode.STOP_AND_WAIT))
    assert line.write(3_000) == ["1:1001"]
    assert line.ack(1_001, after=100) == ["1001:2001"]
    assert line.wait(350) == [(300, ["R 1001:2001"])]
    assert line.ack(2_001, after=100) == ["2001:3001"]
    assert line.ack(3_001, after=100) == []


def test_what_the_timeout_interrupted_is_counted_by_its_kind() -> None:
    line = Line(tcp_early_retrans=0)
    line.write(10_000)
    for end in (2_001, 3_001, 4_001):
        line.ack(1, (1_001, end), after=100 if end == 2_001 else 0)
    line.wait(1_000)
    assert line.sender.counters["TcpExt.TCPSackRecoveryFail"] == 1
    assert line.sender.counters["TcpExt.TCPTimeouts"] == line.sender.info(line.now_ns)["total_rto"] >= 1
