from __future__ import annotations

import io
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from estab.capture.reader import Reader
from estab.lab.octets import encode
from estab.lab.packets import Datagram, Datum, IcmpPacket
from estab.lab.rows import ICMP_CODES, row_of
from estab.lives import Life
from estab.wire.columns import PACKET
from estab.wire.formats.pcapng_writer import Interface, PacketRecord, write_pcapng
from estab.wire.segment import IcmpKind, Packet, Segment, SynOptions

TIME_NS = 1_767_225_600_000_000_001
NUMBERS, PORTS, SHORT = st.integers(0, 0xFFFFFFFF), st.integers(0, 65_535), st.integers(0, 255)
BLOCKS = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=2).map(tuple)
SYNS = st.builds(
    SynOptions,
    mss_bytes=st.none() | PORTS,
    window_scale=st.none() | st.integers(0, 14),
    sack_permitted=st.booleans(),
    fast_open_cookie=st.none() | st.binary(max_size=8).filter(lambda cookie: len(cookie) % 2 == 0),
)
PLAIN = st.builds(Segment, NUMBERS, NUMBERS, st.sampled_from([16, 17, 24, 4, 20, 48, 0x1D8]), PORTS, st.binary(max_size=40))
SEGMENTS = st.builds(
    lambda plain, syn, tsval, tsecr, sack, urgent, odd: Segment(
        plain.seq, plain.ack, plain.flags | (2 if syn else 0), plain.window, plain.payload, tsval, tsecr if tsval is not None else 0,
        () if syn else sack, urgent, syn, None, odd if not syn else (),
    ),
    PLAIN, st.none() | SYNS, st.none() | NUMBERS, NUMBERS, BLOCKS, PORTS, st.sampled_from([(), ((30, b"ab"),), ((77, b""),)]),
)  # fmt: skip
PAIRS = st.sampled_from([("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "fe80::2")])
PACKETS = st.builds(
    lambda pair, ports, segment, ecn, ttl, ip_id: Packet(pair[0], ports[0], pair[1], ports[1], segment, ecn, ttl, ip_id=ip_id),
    PAIRS, st.tuples(PORTS, PORTS), SEGMENTS, st.integers(0, 3), st.integers(1, 255), PORTS,
)  # fmt: skip
ERRORS = st.builds(
    lambda packet, kind, mtu: IcmpPacket(packet.destination, packet.source, kind, packet, mtu if kind is IcmpKind.PACKET_TOO_BIG else 0),
    PACKETS, st.sampled_from(list(IcmpKind)), st.integers(0, 65_535),
)  # fmt: skip
FIELDS = [name for name in PACKET.names or () if name not in {"checksum", "padding"}]


def dissected(data: list[Datum]) -> list[Any]:
    capture = write_pcapng([Interface(name="x")], [PacketRecord(TIME_NS, 0, encode(datum)) for datum in data])
    with Reader(["-"], stdin=io.BytesIO(capture), life=Life.INTERPRETED) as reader:
        rows = [row for chunk in reader for row in chunk.rows[: chunk.count]]
    assert len(rows) == len(data), reader.summary
    return rows


@settings(max_examples=40, deadline=None)
@given(st.lists(PACKETS | ERRORS, min_size=1, max_size=80))
def test_a_row_is_what_dissecting_the_bytes_gives(data: list[Datum]) -> None:
    made = [row_of(datum, TIME_NS, number) for number, datum in enumerate(data, 1)]
    different = [
        f"{name}: {getattr(mine, name)} {getattr(read, name)} of {datum}"
        for mine, read, datum in zip(made, dissected(data), data, strict=True)
        for name in FIELDS
        if getattr(mine, name) != getattr(read, name)
    ]
    assert different == []


def test_every_kind_of_error_has_its_numbers() -> None:
    assert set(ICMP_CODES) == set(IcmpKind)


def test_a_datagram_has_no_row() -> None:
    packet = Packet("10.0.0.1", 1, "10.0.0.2", 2, Segment(1, 2, 16, 3))
    assert row_of(Datagram("10.0.0.1", 1, "10.0.0.2", 2, packet), TIME_NS, 1) is None
