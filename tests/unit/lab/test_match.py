from __future__ import annotations

import pytest

from estab.lab import match
from estab.lab.match import Match
from estab.lab.packets import IcmpPacket
from estab.wire.segment import ACK, FIN, RST, SYN, URG, IcmpKind, Packet, Segment


def packet(flags: int, payload: bytes = b"") -> Packet:
    return Packet("10.0.0.1", 40000, "10.0.0.2", 80, Segment(1, 2, flags, 100, payload))


ERROR = IcmpPacket("10.0.0.9", "10.0.0.1", IcmpKind.HOST_UNREACHABLE, packet(SYN))


@pytest.mark.parametrize(
    ("condition", "holds", "fails"),
    [
        (match.SYN_ONLY, packet(SYN), packet(SYN | ACK)),
        (match.SYN_ACK, packet(SYN | ACK), packet(SYN)),
        (match.FIN_SET, packet(FIN | ACK), packet(ACK)),
        (match.RESET, packet(RST), packet(ACK)),
        (match.URGENT, packet(URG | ACK, b"!"), packet(ACK, b"!")),
        (match.DATA, packet(ACK, b"x"), packet(ACK)),
        (match.PURE_ACK, packet(ACK), packet(FIN | ACK)),
        (match.PURE_ACK, packet(ACK), packet(ACK, b"x")),
        (match.TCP, packet(ACK), ERROR),
        (match.ICMP, ERROR, packet(ACK)),
        (match.sent_by("10.0.0.1"), packet(ACK), ERROR),
        (match.sent_by("10.0.0.1", 40000), packet(ACK), ERROR),
        (match.sent_to("10.0.0.2", 80), packet(ACK), ERROR),
        (match.port(80), packet(ACK), ERROR),
        (match.longer_than(41), packet(ACK, b"xx"), packet(ACK, b"x")),
        (match.payload_between(2, 3), packet(ACK, b"xx"), packet(ACK, b"xxxx")),
        (match.holding(b"GET"), packet(ACK, b"a GET"), packet(ACK, b"a POST")),
        (match.DATA & match.port(80), packet(ACK, b"x"), packet(ACK)),
        (match.FIN_SET | match.DATA, packet(ACK, b"x"), packet(ACK)),
        (~match.DATA, packet(ACK), packet(ACK, b"x")),
    ],
    ids=lambda value: value.words if isinstance(value, Match) else "",
)
def test_what_each_condition_means(condition: Match, holds: Packet, fails: Packet) -> None:
    assert condition(holds) and not condition(fails)


def test_ports_are_told_apart() -> None:
    assert not match.sent_by("10.0.0.1", 80)(packet(ACK)) and not match.sent_to("10.0.0.1")(packet(ACK))


def test_words_are_joined() -> None:
    assert (match.DATA & ~match.port(80)).words == "data and not port 80"
    assert (match.DATA | match.FIN_SET).words == "(data or FIN)"
