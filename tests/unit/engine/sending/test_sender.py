"""The sending half as a whole: against a receiver and a network made up on the spot."""

from __future__ import annotations

import random
import tracemalloc

import pytest

from estab.chance import Chance
from estab.engine.counters import Counters
from estab.engine.options import Negotiated
from estab.engine.sending.outgoing import Action
from estab.engine.sending.profile import ArqMode, SendingProfile
from estab.engine.sending.sender import Sender
from tests.unit.engine.sending.line import LINUX, Line
from tests.unit.engine.sending.pipe import Pipe


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("sack", [True, False])
@pytest.mark.parametrize("congestion", ["reno", "cubic"])
@pytest.mark.parametrize("loss", [0.0, 0.02, 0.2])
def test_a_stream_arrives_whole_over_any_network(seed: int, sack: bool, congestion: str, loss: float) -> None:
    pipe = Pipe(Line(sack=sack, congestion=congestion, rtt_ms=20), random.Random(seed), loss=loss, jitter_ms=3, copies=0.02)
    data = random.Random(seed).randbytes(150_000)
    assert pipe.transfer(data) == data
    assert pipe.line.sender.fin_acked
    assert pipe.line.sender.wmem_bytes == 0


@pytest.mark.parametrize("mode", ArqMode)
@pytest.mark.parametrize("loss", [0.0, 0.1])
def test_every_way_of_repair_brings_all_over(mode: ArqMode, loss: float) -> None:
    pipe = Pipe(Line(profile=SendingProfile(arq_mode=mode), rtt_ms=20), random.Random(5), loss=loss)
    data = random.Random(2).randbytes(40_000)
    assert pipe.transfer(data) == data


def test_lessons_differ_in_what_they_send_again() -> None:
    repeated = {}
    for mode in (ArqMode.SELECTIVE, ArqMode.GO_BACK_N):
        pipe = Pipe(Line(profile=SendingProfile(arq_mode=mode), rtt_ms=20, congestion="reno"), random.Random(3), loss=0.03)
        pipe.transfer(bytes(300_000))
        repeated[mode] = pipe.line.sender.info(0)["total_retrans"]
    assert repeated[ArqMode.GO_BACK_N] > 2 * repeated[ArqMode.SELECTIVE]


def test_large_segments_bring_the_same_bytes() -> None:
    pipe = Pipe(Line(profile=SendingProfile(gso_max_bytes=65_536), rtt_ms=5), random.Random(1), loss=0.02)
    data = random.Random(7).randbytes(400_000)
    assert pipe.transfer(data) == data


def test_data_of_a_syn_that_is_sent_again_holds_back_no_small_rest() -> None:
    line = Line()
    line.sender.send_again(bytes(500), line.now_ns)
    assert line.sent() == ["R 1:501"]
    assert line.write(1_200) == ["501:1701"]


def test_a_writer_cut_short_hears_of_room_after_an_ack_only() -> None:
    line = Line()
    line.sender.set_send_buffer(10_000)
    line.write(50_000)
    assert line.sender.wants_room
    line.sender.sndbuf_locked = False
    assert not line.sent() and line.sender.wants_room
    line.ack(10_001, after=20)
    line.ack(30_001, after=20)
    assert not line.sender.wants_room


def test_an_idle_sender_is_small() -> None:
    def idle(number: int) -> Sender:
        made = Sender(LINUX, chance, iss=number * 10**6, options=agreed, mss_bytes=1_448, now_ns=10**9 + number, counters=counters)
        made.on_established(60_000, 10**6, 10**9 + number)
        made.on_handshake_rtt(10**6 * number, 10**9 + number)
        made.write(bytes(300), 10**9 + number)
        while made.next(10**9 + number) is not None:
            pass
        made.on_ack(made.snd_nxt, seg_seq=10**6, seg_len=0, window=60_000, now_ns=2 * 10**9 + number)
        assert made.next(2 * 10**9 + number) is None
        return made

    chance, agreed, counters = Chance(1), Negotiated(sack=True, timestamps=True), Counters()
    idle(1)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = [idle(number) for number in range(2, 202)]
    size = (tracemalloc.get_traced_memory()[0] - before) / len(kept)
    tracemalloc.stop()
    assert size < 1_600


def test_deadlines_before_their_time_do_nothing() -> None:
    line = Line()
    line.write(1_000)
    assert line.sender.on_deadline(line.now_ns).action is Action.NOTHING
    assert line.sent() == []


def test_a_connection_whose_syn_was_sent_often_begins_with_one_segment() -> None:
    sender = Sender(LINUX, Chance(1), iss=100, options=Negotiated(sack=True), mss_bytes=1_000, now_ns=0)
    sender.on_established(10_000, 1, 0, syn_retransmits=2)
    assert sender.cwnd == 1
    assert sender.snd_una == sender.snd_nxt == 101


def test_an_unknown_congestion_control_is_refused() -> None:
    with pytest.raises(KeyError):
        Line().sender.set_congestion("vegas", Chance(1))


@pytest.mark.parametrize("congestion", ["reno", "cubic", "bbr"])
def test_a_bottleneck_is_shared_out_without_a_timeout(congestion: str) -> None:
    line = Line(congestion=congestion, rtt_ms=50, window=4_000_000, mss=1_448)
    line.sender.set_send_buffer(4_000_000)
    pipe = Pipe(line, random.Random(1), delay_ms=25, rate_bytes_per_s=1_250_000, queue_bytes=62_500)
    pipe.transfer(bytes(5_000_000))
    assert 5_000_000 / (line.at / 1000) > 0.85 * 1_250_000
    assert pipe.dropped > 0
    assert line.sender.info(line.now_ns)["total_rto"] == 0
    assert line.sender.info(line.now_ns)["total_retrans"] <= pipe.dropped * 1.02 + 1


def test_marks_instead_of_drops_keep_the_queue_short() -> None:
    line = Line(congestion="reno", ecn=True, rtt_ms=50, window=4_000_000, mss=1_448)
    line.sender.set_send_buffer(4_000_000)
    pipe = Pipe(line, random.Random(1), delay_ms=25, rate_bytes_per_s=1_250_000, queue_bytes=250_000, marks_from_bytes=30_000)
    pipe.transfer(bytes(5_000_000))
    assert pipe.dropped == 0
    assert line.sender.info(line.now_ns).get("total_retrans", 0) == 0
    assert 5_000_000 / (line.at / 1000) > 0.8 * 1_250_000


def test_an_idle_sender_keeps_no_queue_of_what_was_sent_again() -> None:
    line = Line()
    line.write(1_000)
    assert line.wait(400)[0][1] == ["R 1:1001"]
    line.ack(1_001, after=10)
    assert line.sender.next(line.now_ns) is None
    assert line.sender.ready is None
