from __future__ import annotations

import pytest

from estab.drill.cursor import Cursor
from estab.drill.packets import parse_packet
from estab.drill.script import Direction, EcnCheck, IcmpSpec, OptionKind, OptionSpec, PacketAction, TcpSpec
from estab.drill.source import ScriptError
from estab.drill.tokens import tokenize
from estab.wire.segment import ACK, ECE, FIN, PSH, SYN


def packet(text: str) -> PacketAction:
    return parse_packet(Cursor(tokenize(text, "a.pkt"), "a.pkt", {}))


def segment(text: str) -> TcpSpec:
    body = packet(text).body
    assert isinstance(body, TcpSpec)
    return body


def test_a_syn_with_its_options() -> None:
    assert segment("< S 0:0(0) win 32792 <mss 1000,sackOK,nop,nop,nop,wscale 7>") == TcpSpec(
        flags=SYN,
        seq=0,
        payload_bytes=0,
        window=32792,
        options=(
            OptionSpec(OptionKind.MSS, (1000,)),
            OptionSpec(OptionKind.SACK_OK),
            *[OptionSpec(OptionKind.NOP)] * 3,
            OptionSpec(OptionKind.WSCALE, (7,)),
        ),
    )


@pytest.mark.parametrize(
    ("text", "flags"),
    [("SE.", SYN | ECE | ACK), (".", ACK), ("-", 0), ("FP.", FIN | PSH | ACK), ("P", PSH)],
)
def test_flags(text: str, flags: int) -> None:
    assert segment(f"> {text} 1:1(0)").flags == flags


def test_the_counter_of_accurate_ecn_stands_behind_the_dot() -> None:
    assert (segment("> P.5 1:2(1) ack 1").ace, segment("> .0 1:1(0) ack 1").ace, segment("> . 1:1(0) ack 1").ace) == (5, 0, None)


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("TS val 7 ecr 4294967295", OptionSpec(OptionKind.TIMESTAMPS, (7, 4294967295))),
        ("sack 1:2 3:4", OptionSpec(OptionKind.SACK, (1, 2, 3, 4))),
        ("FO", OptionSpec(OptionKind.FAST_OPEN)),
        ("FO 12345678", OptionSpec(OptionKind.FAST_OPEN, blob=bytes.fromhex("12345678"))),
        ("FOEXP ab", OptionSpec(OptionKind.EXPERIMENTAL, blob=bytes.fromhex("f989ab"))),
        ("md5 000102", OptionSpec(OptionKind.MD5, blob=bytes(range(3)))),
        ("ECN e1b 1 ceb 2", OptionSpec(OptionKind.ACCURATE_ECN_1, (1, 2))),
        ("opt 76 0102", OptionSpec(76, blob=b"\x01\x02")),
        ("eol", OptionSpec(OptionKind.EOL)),
    ],
)
def test_options(text: str, option: OptionSpec) -> None:
    assert segment(f"< . 1:1(0) ack 1 win 5 <{text},nop>").options == (option, OptionSpec(OptionKind.NOP))


def test_any_options_are_told_from_none() -> None:
    assert segment("> . 1:1(0) <...>").options is None
    assert segment("> . 1:1(0)").options == ()


def test_ports_urgent_pointer_and_window() -> None:
    body = segment("< 80 > 99 U. 1:11(10) ack 4 win 0 urg 10")
    assert (body.ports, body.urgent, body.window, body.ack) == ((80, 99), 10, 0, 4)
    assert segment("> . 1:1(0)").window is None


def test_sequence_numbers_may_wrap() -> None:
    assert segment("> . 4294967290:4(10)").seq == 4294967290


@pytest.mark.parametrize(
    ("text", "ecn", "tos", "ttl"),
    [
        ("[ect0]", EcnCheck.ECT_0, None, None),
        ("[ect01]", EcnCheck.ANY_ECT, None, None),
        ("(tos 0x2b)", EcnCheck.NOT_ASKED, 0x2B, None),
        ("[ttl 9]", EcnCheck.NOT_ASKED, None, 9),
        ("[ce, flowlabel 0x1]", EcnCheck.CE, None, None),
    ],
)
def test_ip_header(text: str, ecn: EcnCheck, tos: int | None, ttl: int | None) -> None:
    info = packet(f"> {text} . 1:1(0)").ip
    assert (info.ecn, info.tos, info.ttl) == (ecn, tos, ttl)


def test_icmp_errors() -> None:
    found = packet("< icmp unreachable frag_needed mtu 800 [1:1001(1000)]")
    assert found.direction is Direction.IN
    assert found.body == IcmpSpec(type="unreachable", code="frag_needed", mtu_bytes=800, quoted=(1, 1000))
    assert packet("< icmp source_quench").body == IcmpSpec(type="source_quench")


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("> . 1:5(3)", 5, "1 plus 3 bytes is not 5"),
        ("> X 1:1(0)", 3, "no set of flags"),
        ("> . 1:1(0) win 65536", 16, "between 0 and 65535"),
        ("< . 1:1(0) ack 1 <...>", 23, "options open"),
        ("< [ect01] . 1:1(0)", 11, "leaves a choice"),
        ("> . 1:1(0) <mass 5>", 13, "no TCP option"),
        ("> . 1:1(0) <FO abc>", 16, "hexadecimal"),
        ("> udp (5)", 3, "not supported"),
        ("> . 1:1(0) <sack>", 17, "expected a block"),
        ("> [nothing] . 1:1(0)", 11, "nothing about an IP header"),
    ],
)
def test_mistakes_and_their_place(text: str, column: int, words: str) -> None:
    with pytest.raises(ScriptError, match=words) as caught:
        packet(text)
    assert caught.value.place.column == column
