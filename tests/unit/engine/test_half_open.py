from __future__ import annotations

from estab.engine.half_open import answer_syn, syn_ack
from estab.engine.options import Settings
from estab.wire.segment import ACK, CWR, ECE, SYN, Segment, SynOptions
from tests.unit.engine.configs import CLIENT, SERVER, config

PLAIN = Segment(seq=100, ack=0, flags=SYN, window=1000, syn=SynOptions(mss_bytes=1460))
FULL = Segment(seq=0xFFFFFFFF, ack=0, flags=SYN | ECE | CWR, window=64240, tsval=5, syn=SynOptions(1460, 7, True))


def test_the_answer_to_a_full_syn_is_that_of_linux() -> None:
    made = config(SERVER, CLIENT, tcp_rmem=(4096, 131072, 33554432))
    half = answer_syn(made, FULL, 1_000_000)
    reply = syn_ack(half, made, 3_000_000)
    assert (reply.ack, reply.flags, reply.window, reply.tsecr) == (0, SYN | ACK | ECE, 65160, 5)
    assert reply.syn == SynOptions(1460, 10, True)
    assert reply.tsval == (3 + half.ts_offset) & 0xFFFFFFFF and reply.seq == half.iss


def test_the_answer_to_a_plain_syn_is_plain() -> None:
    made = config(SERVER, CLIENT)
    reply = syn_ack(answer_syn(made, PLAIN, 0, iss=77), made, 0)
    assert reply == Segment(seq=77, ack=101, flags=SYN | ACK, window=64240, syn=SynOptions(1460))


def test_fast_open_data_is_acknowledged_and_a_cookie_handed_out() -> None:
    made = config(SERVER, CLIENT, settings=Settings(advertised_user_timeout_s=30))
    half = answer_syn(made, PLAIN, 0)
    half.syn_data, half.fast_open_cookie = b"hello", b"12345678"
    reply = syn_ack(half, made, 0)
    assert reply.ack == 106 and reply.syn is not None and reply.syn.fast_open_cookie == b"12345678" and reply.user_timeout_s == 30


def test_ecn_needs_the_knob() -> None:
    assert not answer_syn(config(tcp_ecn=0), FULL, 0).agreed.ecn


def test_timestamps_without_an_offset() -> None:
    assert answer_syn(config(tcp_timestamps=2), FULL, 0).ts_offset == 0
