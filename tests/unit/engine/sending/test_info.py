from __future__ import annotations

from estab.machine.states import State
from estab.snapshot import TcpInfo, TimerKind
from tests.unit.engine.sending.line import Line


def test_every_field_is_one_of_the_snapshot_s() -> None:
    line = Line()
    line.write(3_000)
    line.wait(3_000)
    info = TcpInfo(state=State.ESTABLISHED, **line.sender.info(line.now_ns))
    assert (info.unacked_segments, info.total_retrans, info.snd_mss_bytes) == (3, 4, 1_000)
    assert (info.bytes_sent, info.bytes_retrans, info.bytes_acked) == (7_000, 4_000, 0)
    assert (info.data_segs_out, info.retransmits, info.total_rto) == (7, 3, 3)


def test_times_and_queues() -> None:
    line = Line()
    line.write(15_000)
    line.ack(2_001, after=70)
    line.wait(30)
    info = line.sender.info(line.now_ns)
    assert (info["last_ack_recv_ms"], info["last_data_sent_ms"]) == (30, 30)
    assert (info["notsent_bytes"], info["unacked_segments"], info["bytes_acked"]) == (1_000, 12, 2_000)
    assert (info["rtt_us"], info["rttvar_us"], info["min_rtt_us"]) == (96_250, 45_000, 70_000)


def test_a_fin_is_no_byte_sent() -> None:
    line = Line()
    line.write(100)
    line.close()
    assert line.sender.info(line.now_ns)["bytes_sent"] == 100


def test_the_timer_as_sock_diag_names_it() -> None:
    line = Line()
    assert line.sender.timer(line.now_ns) == (TimerKind.NONE, 0, 0)
    line.write(1_000)
    assert line.sender.timer(line.now_ns) == (TimerKind.RETRANSMIT, 300, 0)
    line.ack(1_001, after=100, window=0)
    line.write(1_000)
    line.wait(310)
    assert line.sender.timer(line.now_ns) == (TimerKind.PERSIST, 590, 1)
