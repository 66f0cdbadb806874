from __future__ import annotations

import pytest

from estab.drill.parser import parse_script
from estab.drill.script import OptionKind, OptionSpec, PacketAction, TcpSpec
from estab.drill.subject import Stage, Subject, UnknownEchoError, ace_of_flags, option_bytes, options_of
from estab.wire.codec import encode_options
from estab.wire.segment import ACK, AE, CWR, ECE, SYN, Segment, SynOptions

LOCAL, REMOTE = 5_000_000, 70


def subject() -> Subject:
    return Subject(stage=Stage.SYN_ACK_SENT, local_port=8080, remote_port=40_000, remote_isn=REMOTE, local_isn=LOCAL)


def spec(text: str) -> TcpSpec:
    action = parse_script(f"0 {text}").events[0].action
    assert isinstance(action, PacketAction) and isinstance(action.body, TcpSpec)
    return action.body


def live(text: str) -> Segment:
    return subject().live_segment(spec(text), ts_ecr_scaled=False)


def test_inbound_numbers_count_from_both_syns() -> None:
    segment = live("< P. 1:11(10) ack 101 win 5 <sack 201:301,nop,nop>")
    assert (segment.seq, segment.ack, segment.window, segment.payload) == (REMOTE + 1, LOCAL + 101, 5, bytes(10))
    assert segment.sack == ((LOCAL + 201, LOCAL + 301),)


def test_a_syn_has_its_own_number_and_its_options() -> None:
    segment = live("< S 70:70(0) win 9 <mss 1000,sackOK,nop,wscale 7,FO 0102,TS val 5 ecr 6>")
    assert (segment.seq, segment.ack, segment.tsval, segment.tsecr) == (70, 0, 5, 6)
    assert segment.syn == SynOptions(mss_bytes=1000, window_scale=7, sack_permitted=True, fast_open_cookie=b"\1\2")


def test_experimental_fast_open_and_unknown_options() -> None:
    segment = live("< S 70:70(0) win 9 <FOEXP ab,opt 76 0102>")
    assert segment.syn is not None
    assert (segment.syn.fast_open_cookie, segment.syn.fast_open_experimental) == (b"\xab", True)
    assert segment.odd_options == ((76, b"\1\2"),)


def test_an_echo_must_have_been_sent() -> None:
    connection = subject()
    with pytest.raises(UnknownEchoError):
        connection.live_segment(spec("< . 1:1(0) ack 1 win 5 <TS val 1 ecr 100>"), ts_ecr_scaled=False)
    sent = Segment(LOCAL + 1, REMOTE + 1, ACK, 0, tsval=999_000, tsecr=1)
    connection.script_spec(sent, options_of(encode_options(sent)), spec("> . 1:1(0) ack 1 <nop,nop,TS val 100 ecr 1>"))
    echoed = connection.live_segment(spec("< . 1:1(0) ack 1 win 5 <TS val 1 ecr 100>"), ts_ecr_scaled=False)
    assert echoed.tsecr == 999_000
    scaled = connection.live_segment(spec("< . 1:1(0) ack 1 win 5 <TS val 1 ecr 107>"), ts_ecr_scaled=True)
    assert scaled.tsecr == 999_007


def test_outbound_numbers_become_those_of_the_script() -> None:
    sent = Segment(LOCAL + 101, REMOTE + 11, ACK, 77, payload=bytes(3), sack=((REMOTE + 21, REMOTE + 31),))
    assert subject().script_spec(sent, options_of(encode_options(sent))) == TcpSpec(
        flags=ACK,
        seq=101,
        payload_bytes=3,
        ack=11,
        window=77,
        options=(OptionSpec(OptionKind.NOP), OptionSpec(OptionKind.NOP), OptionSpec(OptionKind.SACK, (21, 31))),
    )


def test_a_syn_ack_is_written_with_the_numbers_of_the_syns() -> None:
    connection = subject()
    connection.script_isn = 1234
    sent = Segment(LOCAL, REMOTE + 1, SYN | ACK, 0, syn=SynOptions(mss_bytes=1460))
    found = connection.script_spec(sent, options_of(encode_options(sent)))
    assert (found.seq, found.ack) == (1234, REMOTE + 1)


def test_later_timestamps_are_relative_to_the_first() -> None:
    connection = subject()
    first = Segment(LOCAL + 1, 0, ACK, 0, tsval=5000)
    connection.script_spec(first, options_of(encode_options(first)), spec("> . 1:1(0) ack 1 <nop,nop,TS val 100 ecr 0>"))
    later = Segment(LOCAL + 1, 0, ACK, 0, tsval=5250)
    found = connection.script_spec(later, options_of(encode_options(later)))
    assert found.options is not None and found.options[2].numbers == (350, 0)


@pytest.mark.parametrize("counter", range(8))
def test_the_counter_of_accurate_ecn_is_three_flags(counter: int) -> None:
    flags = live(f"< .{counter} 1:1(0) ack 1 win 5").flags
    assert flags & ACK and ace_of_flags(flags) == counter
    assert (AE & flags != 0, CWR & flags != 0, ECE & flags != 0) == (counter >= 4, counter & 2 != 0, counter & 1 != 0)


def test_options_go_to_bytes_and_back() -> None:
    options = spec("> . 1:1(0) <mss 5,nop,wscale 2,sackOK,TS val 1 ecr 2,FO 0a0b,md5 00,opt 76,ECN e0b 1 ceb 2 e1b 3,eol>").options
    assert options is not None
    assert options_of(b"".join(map(option_bytes, options))) == options
