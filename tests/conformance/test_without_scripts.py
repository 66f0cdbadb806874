"""Requirements of RFC 9293 about bytes, secrets or addresses, which a packet script does not name; each test says which it shows."""

from __future__ import annotations

import pytest

from estab.chance import Chance
from estab.engine.isn import HostSecrets
from estab.engine.stack import Stack
from estab.flow import Endpoint
from estab.instant import MICROSECOND_NS
from estab.knobs.declare import Profile
from estab.knobs.values import profile_values
from estab.seq import distance
from estab.wire.codec import checksum, decode, encode, encode_options
from estab.wire.segment import ACK, SYN, Packet, Segment, SynOptions

HERE, THERE = "192.168.0.1", "192.0.2.1"


def packet(segment: Segment, source: str = THERE, destination: str = HERE) -> Packet:
    return Packet(source, 40_000, destination, 8080, segment)


def pseudo_header(data: bytes, header: int) -> bytes:
    return data[12:20] + b"\0\x06" + (len(data) - header).to_bytes(2, "big")


@pytest.mark.parametrize("length", range(4))
def test_the_sender_computes_the_checksum(length: int) -> None:
    """MUST-2: over the pseudo-header, the TCP header and the text, padded where its length is odd."""
    data = encode(packet(Segment(1, 2, ACK, 3, payload=bytes(range(1, 1 + length)))))
    assert checksum(pseudo_header(data, 20) + data[20:]) == 0


def test_the_receiver_checks_the_checksum() -> None:
    """MUST-3: one bit of the text differs, and the segment is dropped without an answer; the same segment without it gets one."""
    stack = Stack([HERE], knobs=profile_values(Profile.LINUX), chance=Chance(1))
    good = encode(packet(Segment(1, 0, SYN, 3, payload=b"x")))
    bad = good[:-1] + bytes([good[-1] ^ 1])
    answers = []
    for data in (bad, good):
        arrived = decode(data)
        assert isinstance(arrived, Packet)
        stack.handle_packet(arrived, 0)
        answers.append(stack.poll_transmit(0))
    assert answers[0] is None and answers[1] is not None
    assert stack.counters["Tcp.InCsumErrors"] == 1


def test_the_isn_has_a_clock_in_it() -> None:
    """MUST-8: between the same two sockets it advances by one every four microseconds or faster, and comes round in hours."""
    secrets = HostSecrets(Chance(1))
    both = Endpoint(HERE, 8080), Endpoint(THERE, 40_000)
    first = secrets.initial_sequence(*both, 0)
    steps = [distance(secrets.initial_sequence(*both, now * MICROSECOND_NS), first) for now in (64, 6400, 64_000)]
    assert steps[0] >= 16 and steps[1:] == [100 * steps[0], 1000 * steps[0]]


def test_the_isn_cannot_be_computed_from_outside() -> None:
    """MUST-9: another secret gives other numbers for the same sockets, and other sockets give numbers that tell nothing of these."""
    here, there, another = Endpoint(HERE, 8080), Endpoint(THERE, 40_000), Endpoint(THERE, 40_001)
    one, other = HostSecrets(Chance(1)), HostSecrets(Chance(2))
    numbers = [one.initial_sequence(here, there, 0), other.initial_sequence(here, there, 0), one.initial_sequence(here, another, 0)]
    assert len(set(numbers)) == 3
    differences = {(one.initial_sequence(here, Endpoint(THERE, port), 0) - numbers[0]) % 2**32 for port in range(1, 200)}
    assert len(differences) == 199


@pytest.mark.parametrize("address", ["255.255.255.255", "224.0.0.1"])
def test_a_syn_to_a_broadcast_or_multicast_address_is_discarded(address: str) -> None:
    """MUST-57: in silence, even where somebody listens on all addresses."""
    assert answer_to(packet(Segment(1, 0, SYN, 3, syn=SynOptions()), destination=address)) is None


@pytest.mark.parametrize("address", ["255.255.255.255", "224.0.0.1", "0.0.0.0"])
def test_a_syn_from_an_address_that_is_none_is_discarded(address: str) -> None:
    """MUST-63: no one could be at the other end."""
    assert answer_to(packet(Segment(1, 0, SYN, 3, syn=SynOptions()), source=address)) is None


def test_the_same_syn_between_proper_addresses_is_answered() -> None:
    assert answer_to(packet(Segment(1, 0, SYN, 3, syn=SynOptions()))) is not None


def answer_to(arrived: Packet) -> Packet | None:
    stack = Stack([HERE], knobs=profile_values(Profile.LINUX), chance=Chance(1))
    listener = stack.socket()
    listener.bind("0.0.0.0", 8080)
    listener.listen(1, 0)
    stack.handle_packet(arrived, 0)
    return stack.poll_transmit(0)


def test_ip_options_are_passed_over() -> None:
    """MUST-50: an IP header with options of which TCP understands none."""
    plain = encode(packet(Segment(1, 2, ACK, 3, payload=b"text")))
    options = bytes.fromhex("94040000 07030400")
    header = bytearray(plain[:20] + options)
    header[0] = 0x40 | len(header) // 4
    header[2:4] = (len(plain) + len(options)).to_bytes(2, "big")
    header[10:12] = b"\0\0"
    header[10:12] = checksum(bytes(header)).to_bytes(2, "big")
    arrived = decode(bytes(header) + plain[20:])
    assert isinstance(arrived, Packet) and not arrived.corrupt and arrived.segment.payload == b"text"


@pytest.mark.parametrize("value", [b"", b"\1", b"\1\2", b"\1\2\3"])
def test_options_end_on_a_word_and_padding_carries_no_rubbish(value: bytes) -> None:
    """MUST-69: the header is filled up with options of one byte (or zeros behind the end), so nothing undefined stands in it."""
    data = encode_options(Segment(1, 2, ACK, 3, odd_options=((76, value),)))
    assert len(data) % 4 == 0 and set(data[2 + len(value) :]) <= {0, 1}
