from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estab.wire.codec import Flaw, checksum, decode, encode
from estab.wire.segment import ACK, FIN, PSH, SYN, IcmpError, IcmpKind, Packet, Segment, SynOptions

V4, V6 = ("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8::2")
# A SYN as a Linux 6.18 sent it (with the addresses of this test), option for option.
LINUX_SYN = bytes.fromhex("020405b4 0402080a cbd41383 00000000 0103030a".replace(" ", ""))


def packet(segment: Segment, addresses: tuple[str, str] = V4, **fields: int) -> Packet:
    return Packet(addresses[0], 40000, addresses[1], 80, segment, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("data", [b"", b"\0\0", b"\xff\xff", b"abc", bytes(range(256)), b"\xff" * 33])
def test_checksum_is_that_of_rfc_1071(data: bytes) -> None:
    padded = data + b"\0" * (len(data) & 1)
    total = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    assert checksum(data) == total ^ 0xFFFF


def test_a_syn_looks_like_one_of_linux() -> None:
    syn = Segment(seq=1, ack=0, flags=SYN, window=64240, tsval=0xCBD41383, tsecr=0, syn=SynOptions(1460, 10, True))
    data = encode(packet(syn))
    assert data[40:] == LINUX_SYN and len(data) == 60
    assert decode(data) == packet(syn)


@pytest.mark.parametrize("addresses", [V4, V6])
def test_checksums_are_right_and_noticed(addresses: tuple[str, str]) -> None:
    segment = Segment(seq=7, ack=9, flags=ACK | PSH, window=100, payload=b"odd", tsval=1, tsecr=2)
    data = encode(packet(segment, addresses, ecn=2, ttl=9))
    assert decode(data) == packet(segment, addresses, ecn=2, ttl=9)
    decoded = decode(data[:-1] + b"!")
    assert isinstance(decoded, Packet) and decoded.corrupt
    spoiled = packet(segment, addresses)
    spoiled.corrupt = True
    decoded = decode(encode(spoiled))
    assert isinstance(decoded, Packet) and decoded.corrupt


words = st.integers(0, 0xFFFFFFFF)
syn_options = st.builds(
    SynOptions,
    mss_bytes=st.none() | st.integers(0, 0xFFFF),
    window_scale=st.none() | st.integers(0, 14),
    sack_permitted=st.booleans(),
    fast_open_cookie=st.none() | st.binary(max_size=8),
)
segments = st.builds(
    Segment,
    seq=words,
    ack=words,
    flags=st.integers(0, 0x1FF).map(lambda flags: flags & ~SYN),
    window=st.integers(0, 0xFFFF),
    payload=st.binary(max_size=50),
    tsval=st.none() | words,
    tsecr=st.just(0),
    sack=st.lists(st.tuples(words, words), max_size=2).map(tuple),
    urgent=st.integers(0, 0xFFFF),
    user_timeout_s=st.none() | st.integers(0, 0x7FFF) | st.integers(600, 0x7FFF).map(lambda minutes: 60 * minutes),
)


@given(segments, syn_options | st.none(), st.sampled_from([V4, V6]))
def test_what_is_written_is_read(segment: Segment, syn: SynOptions | None, addresses: tuple[str, str]) -> None:
    if syn is not None:
        segment.syn, segment.flags, segment.sack = syn, segment.flags | SYN, ()
    assert decode(encode(packet(segment, addresses))) == packet(segment, addresses)


@given(st.binary(max_size=120), st.sampled_from([0x45, 0x60, 0x4F, 0]))
def test_no_bytes_raise(data: bytes, first: int) -> None:
    assert isinstance(decode(bytes((first,)) + data), Packet | IcmpError | Flaw)


GOOD = encode(packet(Segment(seq=1, ack=2, flags=ACK, window=3, tsval=4, tsecr=5)))


def patched(at: int, value: int, *, length: int | None = None) -> bytes:
    data = bytearray(GOOD[:length])
    data[at] = value
    if data[0] >> 4 == 4 and at < 20:
        data[10:12] = b"\0\0"
        data[10:12] = checksum(bytes(data[:20])).to_bytes(2, "big")
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "flaw"),
    [
        (b"", Flaw.EMPTY),
        (b"\x50" + GOOD[1:], Flaw.VERSION),
        (GOOD[:19], Flaw.IP_HEADER),
        (patched(0, 0x44), Flaw.IP_HEADER),
        (GOOD[:-1], Flaw.IP_HEADER),
        (GOOD[:8] + b"\x01" + GOOD[9:], Flaw.IP_CHECKSUM),
        (patched(6, 0x20), Flaw.FRAGMENT),
        (patched(9, 17), Flaw.PROTOCOL),
        (patched(32, 0x40), Flaw.TCP_HEADER),
        (patched(32, 0xF0), Flaw.TCP_HEADER),
        (b"\x60" + bytes(20), Flaw.IP_HEADER),
    ],
)
def test_each_flaw_has_its_name(data: bytes, flaw: Flaw) -> None:
    assert decode(data) is flaw


def test_padding_behind_the_packet_is_no_payload() -> None:
    decoded = decode(GOOD + bytes(6))
    assert isinstance(decoded, Packet) and decoded.segment.payload == b""


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (b"\x02\x04\x05\xb4\x03\x00\x01\x01", SynOptions(1460)),  # a length of zero ends it
        (b"\x02\x04\x05\xb4\x03\x0f\x07\x01", SynOptions(1460)),  # beyond the header
        (b"\x00\x02\x04\x05\xb4\x01\x01\x01", SynOptions()),  # behind the end of the list
        (b"\x02\x03\x05\x01\x01\x03\x03\x07", SynOptions(None, 7)),  # an MSS of the wrong length
        (b"\xfe\x06\xf9\x89\x01\x02\x01\x01", SynOptions(fast_open_cookie=b"\x01\x02", fast_open_experimental=True)),
    ],
)
def test_options_of_others(options: bytes, expected: SynOptions) -> None:
    data = bytearray(encode(packet(Segment(seq=1, ack=0, flags=SYN, window=1, syn=SynOptions(1, 1, True)))))
    assert len(data) == 52
    data[40:] = options + b"\x01" * 4
    decoded = decode(bytes(data))
    assert isinstance(decoded, Packet) and decoded.segment.syn == expected


def test_odd_options_are_kept() -> None:
    segment = Segment(seq=1, ack=2, flags=ACK | FIN, window=3, odd_options=((19, bytes(16)), (30, b"\x00\x81")))
    assert decode(encode(packet(segment))) == packet(segment)


def icmp_v4(message: int, code: int, rest: bytes = bytes(4)) -> bytes:
    body = bytearray(bytes((message, code, 0, 0)) + rest + GOOD[:28])
    body[2:4] = checksum(bytes(body)).to_bytes(2, "big")
    header = bytearray(struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, 1, 0) + bytes((10, 0, 0, 9)) + bytes((10, 0, 0, 1)))
    header[10:12] = checksum(bytes(header)).to_bytes(2, "big")
    return bytes(header + body)


def test_an_icmp_error_names_the_connection_it_is_about() -> None:
    too_big = icmp_v4(3, 4, b"\0\0\x05\x14")
    assert decode(too_big) == IcmpError(IcmpKind.PACKET_TOO_BIG, "10.0.0.9", "10.0.0.1", 40000, "10.0.0.2", 80, 1, 1300)
    prohibited = decode(icmp_v4(3, 13))
    assert isinstance(prohibited, IcmpError) and prohibited.kind is IcmpKind.ADMIN_PROHIBITED
    assert decode(icmp_v4(8, 0)) is Flaw.PROTOCOL
    spoiled = bytearray(too_big)
    spoiled[27] ^= 1
    assert decode(bytes(spoiled)) is Flaw.PROTOCOL


def test_an_icmpv6_error() -> None:
    quoted = encode(packet(Segment(seq=77, ack=2, flags=ACK, window=3), V6))
    body = bytes((2, 0, 0, 0)) + (1280).to_bytes(4, "big") + quoted
    header = struct.pack(">IHBB", 6 << 28, len(body), 58, 64) + bytes.fromhex("20010db8" + "00" * 11 + "09") + bytes(16)
    expected = IcmpError(IcmpKind.PACKET_TOO_BIG, "2001:db8::9", V6[0], 40000, V6[1], 80, 77, 1280)
    assert decode(header + body) == expected
