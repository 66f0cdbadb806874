from __future__ import annotations

import pytest

from estab.lab.octets import encode
from estab.lab.sizes import header_bytes, wire_bytes
from estab.wire.segment import ACK, SYN, Packet, Segment, SynOptions

SEGMENTS = [
    Segment(1, 2, ACK, 3),
    Segment(1, 2, ACK, 3, b"x" * 999, tsval=5),
    Segment(1, 2, ACK, 3, tsval=5, sack=((1, 2), (3, 4), (5, 6))),
    Segment(1, 2, ACK, 3, sack=((1, 2),)),
    Segment(1, 0, SYN, 3, syn=SynOptions(mss_bytes=1460, window_scale=7, sack_permitted=True), tsval=1),
    Segment(1, 0, SYN, 3, syn=SynOptions(mss_bytes=1460, sack_permitted=True)),
    Segment(1, 0, SYN, 3, syn=SynOptions(fast_open_cookie=b"12345678", fast_open_experimental=True)),
    Segment(1, 0, SYN, 3, syn=SynOptions(fast_open_cookie=b"")),
    Segment(1, 2, ACK, 3, user_timeout_s=30, odd_options=((30, b"ab"), (19, b"x" * 16))),
]


@pytest.mark.parametrize("segment", SEGMENTS)
@pytest.mark.parametrize("source", ["10.0.0.1", "2001:db8::1"])
def test_the_length_is_that_of_the_bytes(segment: Segment, source: str) -> None:
    target = "10.0.0.2" if "." in source else "2001:db8::2"
    packet = Packet(source, 1, target, 2, segment)
    assert wire_bytes(source, segment) == len(encode(packet))
    assert header_bytes(segment) == wire_bytes(source, segment) - len(segment.payload) - (20 if "." in source else 40)
