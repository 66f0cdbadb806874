"""ERF files."""

from __future__ import annotations

import struct

import pytest

from estab.lives import Life
from estab.wire.formats.erf import ErfWalker
from estab.wire.formats.walker import STOP_DAMAGE, STOP_SHORT
from tests.unit.wire.formats.walks import walk
from tests.unit.wire.frames import both_lives, erf, frame, ipv4, tcp

NOON = 1_000_000_000 << 32
HALF = 1 << 31


@both_lives
@pytest.mark.parametrize("extensions", [b"", b"\x03" + b"\0" * 7, b"\x83" + b"\0" * 7 + b"\x04" + b"\0" * 7])
def test_ethernet_with_and_without_extension_headers(life: Life, extensions: bytes) -> None:
    data = erf([(NOON + HALF, frame(b"x"))], extensions=extensions)
    assert walk(ErfWalker(data), data, life) == (
        [
            {
                "time_ns": 1_000_000_000_500_000_000,
                "frame": 1,
                "offset": 18 + len(extensions),
                "captured": 55,
                "original": 55,
                "link_type": 1,
                "interface": 1,
            }
        ],
        STOP_SHORT,
    )


@both_lives
@pytest.mark.parametrize(
    ("kind", "data", "link_type"),
    [
        (1, b"\x0f\0\x08\0" + ipv4(tcp()), 104),
        (1, b"\xff\x03\0\x21" + ipv4(tcp()), 9),
        (22, ipv4(tcp()), 228),
        (23, b"", 229),
        (3, b"\0" * 60, -1),
    ],
)
def test_other_kinds(life: Life, kind: int, data: bytes, link_type: int) -> None:
    whole = erf([(NOON, data)], kind)
    assert [record["link_type"] for record in walk(ErfWalker(whole), whole, life)[0]] == [link_type]


@both_lives
def test_a_record_shorter_than_its_header_is_damage(life: Life) -> None:
    data = erf([(NOON, frame())]) + erf([(NOON, frame())])[:10] + b"\0\x0f" + b"\0" * 8
    walker = ErfWalker(data)
    records, stop = walk(walker, data, life)
    assert (len(records), stop) == (1, STOP_DAMAGE)
    assert "impossible" in str(walker.damage())


@both_lives
def test_extension_headers_beyond_the_record_leave_nothing(life: Life) -> None:
    data = erf([(NOON, b"\xff" * 20)], 22, b"\xff" * 8)
    records, _ = walk(ErfWalker(data), data, life)
    assert [record["captured"] for record in records] == [0]


def test_what_looks_like_erf() -> None:
    assert ErfWalker.knows(erf([(NOON, frame()), (NOON + 1, frame())]))
    assert not ErfWalker.knows(b"just some text that somebody wrote, longer than a header")
    assert not ErfWalker.knows(erf([(NOON, frame()), (NOON * 2, frame())]))
    assert not ErfWalker.knows(struct.pack("<Q", NOON) + b"\0" * 8)
    assert not ErfWalker.knows(b"") and not ErfWalker.begins(b"")
