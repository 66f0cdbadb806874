"""Compressed streams: whole, of several members, cut, damaged, and much larger than they look."""

from __future__ import annotations

import gzip
import io
import random
from collections.abc import Callable

import lz4.frame
import pytest
import zstandard

from estab.capture.decompress import GzipStream, Lz4Stream, ZstdStream, decompressor
from estab.capture.source import PlainStream

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": lambda data: zstandard.ZstdCompressor(write_checksum=True).compress(data),
    "lz4": lambda data: bytes(lz4.frame.compress(data, content_checksum=True)),
}
STREAMS = {"gzip": GzipStream, "zstd": ZstdStream, "lz4": Lz4Stream}
# Noise in the middle, so that packed bytes are spread over the whole file.
DATA = b"a" * 100_000 + random.Random(1).randbytes(100_000) + b"z" * 100_000

all_kinds = pytest.mark.parametrize("kind", PACK)


def unpacked(packed: bytes, size: int = 70_000) -> tuple[bytes, str | None]:
    """Everything that can be read, in pieces of at most `size`, and the damage."""
    unpack = decompressor(packed[:8])
    assert unpack is not None
    stream = unpack(PlainStream(io.BytesIO(packed), own=True, is_file=True))
    parts = []
    while part := stream.read(size):
        assert len(part) <= size
        parts.append(part)
    assert stream.read(size) == b""
    stream.close()
    return b"".join(parts), None if stream.damage is None else str(stream.damage)


@all_kinds
def test_found_by_content(kind: str) -> None:
    assert decompressor(PACK[kind](b"x")[:8]) is STREAMS[kind]


def test_everything_else_is_not_compressed() -> None:
    assert [decompressor(head) for head in (b"", b"\x1f", b"\xd4\xc3\xb2\xa1", b"text")] == [None] * 4


@all_kinds
@pytest.mark.parametrize("size", [1_000, 1_000_000])
def test_whole(kind: str, size: int) -> None:
    assert unpacked(PACK[kind](DATA), size) == (DATA, None)


@all_kinds
def test_several_members(kind: str) -> None:
    assert unpacked(PACK[kind](DATA) + PACK[kind](b"") + PACK[kind](b"end")) == (DATA + b"end", None)


@all_kinds
def test_padding_behind_the_last_member_is_none(kind: str) -> None:
    assert unpacked(PACK[kind](DATA) + b"\0" * 20) == (DATA, None)


@all_kinds
@pytest.mark.parametrize("part", [0.2, 0.5, 0.9, 1.0])
def test_cut(kind: str, part: float) -> None:
    packed = PACK[kind](DATA)
    data, damage = unpacked(packed[: int(len(packed) * part) - 3])
    assert DATA.startswith(data)
    assert damage == f"the {kind} data end too early"
    assert len(data) >= (int(len(DATA) * 0.3) if part >= 0.9 else 0)


@all_kinds
def test_damaged(kind: str) -> None:
    packed = bytearray(PACK[kind](DATA))
    middle = len(packed) // 2
    packed[middle : middle + 2000] = b"\xff" * 2000
    data, damage = unpacked(bytes(packed))
    assert damage is not None and kind in damage
    assert data[:100_000] == DATA[: min(len(data), 100_000)]


@all_kinds
def test_a_bomb_is_read_in_pieces(kind: str) -> None:
    """300 MB from a few hundred KB at most: reading the beginning must not unpack the rest."""
    packed = PACK[kind](bytes(300_000_000))
    unpack = decompressor(packed[:8])
    assert unpack is not None
    stream = unpack(PlainStream(io.BytesIO(packed), own=True, is_file=True))
    assert len(stream.read(100_000)) == 100_000
    assert stream.stored_bytes <= 64 << 10
    assert len(stream._ready) <= 96 << 20  # type: ignore[attr-defined]  # what one step may leave behind
    stream.close()


@all_kinds
def test_stored_bytes_count_what_was_taken(kind: str) -> None:
    packed = PACK[kind](DATA)
    unpack = decompressor(packed[:8])
    assert unpack is not None
    stream = unpack(PlainStream(io.BytesIO(packed), own=True, is_file=True))
    while stream.read(1 << 20):
        pass
    assert stream.stored_bytes == len(packed)
    stream.close()
