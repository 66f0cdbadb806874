"""ICMP errors that quote a segment."""

from __future__ import annotations

import struct

import pytest

from estab.flow import parse_address
from estab.lives import Life
from estab.wire.columns import KIND_ICMP_ERROR
from tests.unit.wire.frames import ACK, CLIENT, SERVER, both_lives, dissect, ethernet, frame, ipv4, ipv6, tcp

QUOTED = ipv4(tcp(b"x" * 100, seq=77, ack=88, flags=ACK), ttl=1, ip_id=99)
QUOTED6 = ipv6(tcp(b"x" * 100, seq=77, flags=ACK), hops=1)


def error(kind: int, code: int, quote: bytes, rest: int = 0) -> bytes:
    message = struct.pack(">BBHI", kind, code, 0, rest) + quote
    if quote[0] >> 4 == 6:
        return ethernet(ipv6(message, src="2001:db8::99", dst="2001:db8::1", following=58, hops=60), 0x86DD)
    return ethernet(ipv4(message, src="192.0.2.9", dst=CLIENT, protocol=1, ttl=60))


@both_lives
@pytest.mark.parametrize(("kind", "code"), [(3, 1), (3, 3), (3, 13), (4, 0), (11, 0), (12, 0)])
def test_errors_of_version_4(life: Life, kind: int, code: int) -> None:
    row, _ = dissect(life, error(kind, code, QUOTED[:28]))
    assert (row.kind, row.icmp_type, row.icmp_code, row.ttl) == (KIND_ICMP_ERROR, kind, code, 60)
    assert (row.src3, row.dst3) == (parse_address(CLIENT)[3], parse_address(SERVER)[3])
    assert (row.sport, row.dport, row.seq, row.ip_id) == (40112, 80, 77, 99)
    assert (row.ack, row.flags, row.window, row.payload, row.icmp_mtu) == (0, 0, 0, 0, 0)


@both_lives
@pytest.mark.parametrize(("kind", "code"), [(1, 4), (2, 0), (3, 0), (4, 1)])
def test_errors_of_version_6(life: Life, kind: int, code: int) -> None:
    row, _ = dissect(life, error(kind, code, QUOTED6, 1280))
    assert (row.kind, row.icmp_type, row.icmp_code, row.ttl) == (KIND_ICMP_ERROR, kind, code, 60)
    assert (row.src0, row.seq, row.payload) == (0x20010DB8, 77, 100)
    assert row.icmp_mtu == (1280 if kind == 2 else 0)


@both_lives
def test_the_next_hop_mtu_and_a_long_quote(life: Life) -> None:
    row, _ = dissect(life, error(3, 4, QUOTED, 1400))
    assert (row.icmp_mtu, row.ack, row.flags, row.window, row.payload) == (1400, 88, ACK, 64240, 100)


@both_lives
def test_an_absurd_mtu_fits_its_column(life: Life) -> None:
    assert dissect(life, error(2, 0, QUOTED6, 0xFFFFFFFF))[0].icmp_mtu == 0x7FFFFFFF


@both_lives
def test_the_quoted_segment_hashes_like_the_segment_itself(life: Life) -> None:
    assert dissect(life, error(3, 3, QUOTED))[0].hash == dissect(life, frame())[0].hash


@both_lives
@pytest.mark.parametrize(
    "data",
    [
        error(8, 0, QUOTED),
        error(5, 0, QUOTED),
        error(128, 0, QUOTED6),
        error(3, 3, QUOTED[:27]),
        error(3, 3, ipv4(b"\0" * 30, protocol=17)),
        error(3, 3, ipv4(tcp(), fragment=0x0010)),
        error(1, 0, QUOTED6[:47]),
        ethernet(ipv4(b"\x03\x03\0\0", protocol=1)),
    ],
)
def test_everything_else_is_icmp(life: Life, data: bytes) -> None:
    assert dissect(life, data) == (None, "ICMP")
