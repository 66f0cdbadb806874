"""Damages captures in ways that readers of captures get wrong: pure functions of bytes and a seeded source of chance.

`Specimen` knows where the records of a capture lie, as far as it can be followed.  A mutator takes the bytes and changes them at the
places that matter: lengths above all, then addresses, flags, options, order and time.  `mutant` picks a specimen and a few mutators.
The same seed and number give the same mutant as long as the collection of specimens is the same.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

ODD_NUMBERS = (
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    15,
    16,
    19,
    20,
    31,
    32,
    39,
    40,
    0x7F,
    0x80,
    0xFF,
    0x100,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
)
"""Values at which comparisons tip over."""

RUN_RECORDS = 40
"""At most so many records of a specimen are kept, so that a case is quick."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a pcap file or one block of a pcapng file: where it begins, where its packet begins, where it ends."""

    start: int
    packet: int
    end: int


@dataclass(frozen=True, slots=True)
class Specimen:
    """A capture to be damaged. `order` is `<` or `>`; `heading` bytes stand before the first record."""

    name: str
    data: bytes
    is_pcapng: bool
    order: str
    heading: int
    records: tuple[Record, ...]


def specimen(name: str, data: bytes) -> Specimen:
    """Follows the records of a capture as far as they are sound; anything else is a specimen without records."""
    magic = data[:4]
    if magic in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\xa1\xb2\x3c\x4d"):
        order = "<" if magic[0] in (0xD4, 0x4D) else ">"
        return Specimen(name, data, False, order, 24, tuple(_pcap_records(data, order)))
    if magic == b"\x0a\x0d\x0d\x0a" and len(data) >= 28:
        order = "<" if data[8:12] == b"\x4d\x3c\x2b\x1a" else ">"
        return Specimen(name, data, True, order, 0, tuple(_pcapng_blocks(data, order)))
    return Specimen(name, data, False, "<", 0, ())


def _pcap_records(data: bytes, order: str) -> list[Record]:
    records, at = [], 24
    while at + 16 <= len(data):
        end = at + 16 + struct.unpack_from(order + "I", data, at + 8)[0]
        if end > len(data):
            break
        records.append(Record(at, at + 16, end))
        at = end
    return records


def _pcapng_blocks(data: bytes, order: str) -> list[Record]:
    records, at = [], 0
    while at + 12 <= len(data):
        kind, length = struct.unpack_from(order + "II", data, at)
        if length < 12 or at + length > len(data):
            break
        records.append(Record(at, at + (28 if kind == 6 else 12), at + length))
        at += length
    return records


# Mutators: bytes, chance → nothing; the bytes are changed in place. `_network` finds the IP header in a record.

Mutator = Callable[[bytearray, Specimen, random.Random], None]


def _place(data: bytearray, chance: random.Random) -> int:
    return chance.randrange(len(data)) if data else 0


def _put(data: bytearray, at: int, size: int, value: int, order: str) -> None:
    """Writes a number of 1, 2 or 4 bytes where there is room for it."""
    if 0 <= at <= len(data) - size:
        data[at : at + size] = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little" if order == "<" else "big")


def _record(source: Specimen, chance: random.Random) -> Record | None:
    return chance.choice(source.records) if source.records else None


def _network(data: bytearray, record: Record) -> int:
    """Where an IPv4 or IPv6 header that carries TCP seems to begin within a record; the record's packet where none does."""
    for at in range(record.packet, min(record.end, record.packet + 60)):
        version = data[at] >> 4 if at < len(data) else 0
        if (version == 4 and at + 9 < len(data) and data[at + 9] == 6) or (version == 6 and at + 6 < len(data) and data[at + 6] == 6):
            return at
    return record.packet


def _transport(data: bytearray, record: Record) -> int:
    """Where the TCP header seems to begin."""
    at = _network(data, record)
    first = data[at] if at < len(data) else 0
    return at + (4 * (first & 15) if first >> 4 == 4 else 40)


def flip_bits(data: bytearray, _source: Specimen, chance: random.Random) -> None:
    """Single bits anywhere."""
    for _ in range(chance.randint(1, 12)):
        if data:
            data[_place(data, chance)] ^= 1 << chance.randrange(8)


def overwrite_bytes(data: bytearray, _source: Specimen, chance: random.Random) -> None:
    """Chance bytes anywhere."""
    for _ in range(chance.randint(1, 20)):
        if data:
            data[_place(data, chance)] = chance.randrange(256)


def odd_number_anywhere(data: bytearray, _source: Specimen, chance: random.Random) -> None:
    """A number at which comparisons tip over, of 1, 2 or 4 bytes, anywhere."""
    _put(data, _place(data, chance), chance.choice((1, 2, 4)), chance.choice(ODD_NUMBERS), chance.choice("<>"))


def falsify_record_length(data: bytearray, source: Specimen, chance: random.Random) -> None:
    """The captured or the original length of a pcap record; the first, the last or the inner length of a pcapng block."""
    if record := _record(source, chance):
        places = (
            (record.start + 4, record.end - 4, record.start + 20, record.start + 24)
            if source.is_pcapng
            else (record.start + 8, record.start + 12)
        )
        size = record.end - record.start
        value = chance.choice((*ODD_NUMBERS, size - 1, size + 1, size + 4, size - 4, len(data) - record.start, 2 * size))
        _put(data, chance.choice(places), 4, value, source.order)


def falsify_network_length(data: bytearray, source: Specimen, chance: random.Random) -> None:
    """The length of the IP packet, of the IPv4 header, or the fragment field."""
    if record := _record(source, chance):
        at = _network(data, record)
        place, size = chance.choice(((2, 2), (4, 2), (0, 1), (6, 2), (6, 1), (9, 1)))
        _put(data, at + place, size, chance.choice((*ODD_NUMBERS, 0x41, 0x44, 0x4F, 0x60)), ">")


def falsify_data_offset(data: bytearray, source: Specimen, chance: random.Random) -> None:
    """The data offset of the TCP header, 0 to 15."""
    if record := _record(source, chance):
        _put(data, _transport(data, record) + 12, 1, chance.randrange(16) << 4, ">")


def falsify_options(data: bytearray, source: Specimen, chance: random.Random) -> None:
    """Kind or length of a TCP option, at a chance place among the options."""
    if record := _record(source, chance):
        at = _transport(data, record) + 20 + chance.randrange(40)
        _put(data, at, 1, chance.choice((0, 1, 2, 3, 4, 5, 8, 10, 19, 28, 29, 30, 34, 40, 255)), ">")


def rewrite_header(data: bytearray, source: Specimen, chance: random.Random) -> None:
    """Sequence number, acknowledgement, flags, window or ports of a segment."""
    if record := _record(source, chance):
        place, size = chance.choice(((0, 2), (2, 2), (4, 4), (8, 4), (13, 1), (13, 1), (14, 2), (16, 2), (18, 2)))
        value = chance.choice((chance.getrandbits(32), chance.choice(ODD_NUMBERS)))
        _put(data, _transport(data, record) + place, size, value, ">")


def falsify_heading(data: bytearray, source: Specimen, chance: random.Random) -> None:
    """Magic, version, snap length or link type of the file; the first 60 bytes of pcapng."""
    limit = min(len(data), 60 if source.is_pcapng else 24)
    if limit:
        _put(data, chance.randrange(limit), chance.choice((1, 2, 4)), chance.choice((*ODD_NUMBERS, 101, 113, 276, 12, 228)), source.order)


def scatter_times(data: bytearray, source: Specimen, chance: random.Random) -> None:
    """Chance times on some records, backwards and far away."""
    at = 12 if source.is_pcapng else 0
    for record in source.records:
        if chance.random() < 0.3:
            _put(data, record.start + at, 4, chance.getrandbits(32), source.order)
            if chance.random() < 0.5:
                _put(data, record.start + at + 4, 4, chance.getrandbits(32), source.order)


def truncate(data: bytearray, _source: Specimen, chance: random.Random) -> None:
    """The end is missing."""
    del data[_place(data, chance) :]


def cut_out(data: bytearray, _source: Specimen, chance: random.Random) -> None:
    """Some bytes in the middle are missing."""
    at = _place(data, chance)
    del data[at : at + chance.choice((1, 2, 3, 4, 16, 54, 100))]


def insert(data: bytearray, _source: Specimen, chance: random.Random) -> None:
    """Some bytes too many in the middle."""
    at = _place(data, chance)
    data[at:at] = chance.randbytes(chance.choice((1, 2, 4, 16, 200)))


FIELD_MUTATORS: tuple[Mutator, ...] = (
    flip_bits,
    overwrite_bytes,
    odd_number_anywhere,
    falsify_record_length,
    falsify_network_length,
    falsify_data_offset,
    falsify_options,
    rewrite_header,
    falsify_heading,
    scatter_times,
)
"""These keep every byte in its place, so several may follow each other."""

CUT_MUTATORS: tuple[Mutator, ...] = (truncate, cut_out, insert)


def rearranged(source: Specimen, other: Specimen, chance: random.Random) -> Specimen:
    """A run of the specimen's records, and some of them repeated, left out, swapped, or followed by records of another specimen."""
    records = list(source.records)
    first = chance.randrange(max(1, len(records) - RUN_RECORDS + 1)) if len(records) > RUN_RECORDS else 0
    # The blocks at the head of a pcapng file describe it; without them nothing else can be read.
    head = records[:2] if source.is_pcapng else []
    chosen = [source.data[record.start : record.end] for record in records[max(first, len(head)) : first + RUN_RECORDS]]
    way = chance.randrange(6)
    if way == 0 and chosen:
        at = chance.randrange(len(chosen))
        chosen[at:at] = [chosen[at]] * chance.randint(1, 8)
    elif way == 1 and chosen:
        del chosen[chance.randrange(len(chosen))]
    elif way == 2:
        chance.shuffle(chosen)
    elif way == 3 and other.is_pcapng == source.is_pcapng and other.records:
        chosen += [other.data[record.start : record.end] for record in other.records[:RUN_RECORDS]]
        chance.shuffle(chosen)
    elif way == 4:
        chosen.append(other.data[: 1 << 14])
    heading = b"".join(source.data[record.start : record.end] for record in head) if source.is_pcapng else source.data[: source.heading]
    return specimen(source.name, heading + b"".join(chosen))


def mutant(specimens: Sequence[Specimen], seed: int, number: int) -> tuple[str, bytes]:
    """The specimen's name and the bytes of one mutant."""
    chance = random.Random(f"{seed}:{number}")
    source = chance.choice(specimens)
    if source.records and (len(source.records) > RUN_RECORDS or chance.random() < 0.5):
        source = rearranged(source, chance.choice(specimens), chance)
    data = bytearray(source.data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        chance.choice(FIELD_MUTATORS)(data, source, chance)
    if chance.random() < 0.25:
        chance.choice(CUT_MUTATORS)(data, source, chance)
    return source.name, bytes(data)
