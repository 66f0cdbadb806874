"""The TCP header and its options in a row."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estab.lives import Life
from estab.wire import columns
from tests.unit.wire.frames import ACK, PSH, SYN, both_lives, dissect, dissect_with_progress, ethernet, frame, ipv4, tcp, values

MSS = b"\x02\x04\x05\xb4"
SCALE = b"\x03\x03\x07"
PERMITTED = b"\x04\x02"
STAMPS = b"\x08\x0a" + struct.pack(">II", 111, 222)
NOP = b"\x01"


def sack(*blocks: tuple[int, int]) -> bytes:
    return bytes([5, 2 + 8 * len(blocks)]) + b"".join(struct.pack(">II", *block) for block in blocks)


@both_lives
def test_fixed_fields(life: Life) -> None:
    data = frame(b"abc", sport=1, dport=65535, seq=0xFFFFFFFF, ack=0x80000000, flags=ACK | PSH | columns.AE, window=65535, urgent=9)
    row, _ = dissect(life, data)
    assert (row.kind, row.sport, row.dport, row.seq, row.ack) == (columns.KIND_TCP, 1, 65535, 0xFFFFFFFF, 0x80000000)
    assert (row.flags, row.window, row.urgent, row.checksum, row.payload) == (0x118, 65535, 9, 0x1234, 3)
    assert (row.time_ns, row.frame, row.interface, row.connection) == (5_000, 1, 0, -1)


@both_lives
def test_options_of_a_syn(life: Life) -> None:
    row, _ = dissect(life, frame(options=MSS + PERMITTED + STAMPS + NOP + SCALE))
    assert row.options == columns.OPT_MSS | columns.OPT_SACK_PERMITTED | columns.OPT_TIMESTAMPS | columns.OPT_WINDOW_SCALE
    assert (row.mss, row.wscale, row.tsval, row.tsecr) == (1460, 7, 111, 222)


@both_lives
def test_a_shift_above_14_counts_as_14(life: Life) -> None:
    assert dissect(life, frame(options=b"\x03\x03\xff"))[0].wscale == 14


@both_lives
def test_sack_blocks(life: Life) -> None:
    row, _ = dissect(life, frame(flags=ACK, options=NOP * 2 + sack((1, 2), (3, 4), (5, 6))))
    assert (row.options, row.sack_blocks) == (columns.OPT_SACK, 3)
    assert (row.sack0_left, row.sack0_right, row.sack1_left, row.sack1_right) == (1, 2, 3, 4)


@both_lives
@pytest.mark.parametrize(
    ("option", "bit"),
    [
        (b"\x1c\x04\x80\x01", columns.OPT_USER_TIMEOUT),
        (b"\x22\x02", columns.OPT_FAST_OPEN),
        (b"\xfe\x04\xf9\x89", columns.OPT_FAST_OPEN),
        (b"\xfe\x04\0\0", columns.OPT_OTHER),
        (b"\x13\x12" + b"\0" * 16, columns.OPT_MD5),
        (b"\x1d\x10" + b"\0" * 14, columns.OPT_AO),
        (b"\x1e\x0c" + b"\0" * 10, columns.OPT_MPTCP),
        (b"\x0e\x03\0", columns.OPT_OTHER),
        (b"\x02\x03\0", columns.OPT_OTHER),
        (b"\x05\x03\0", columns.OPT_OTHER),
        (b"\x08\x00", columns.OPT_MALFORMED),
        (b"\x08\x01", columns.OPT_MALFORMED),
        (b"\x08\x0a\0\0", columns.OPT_MALFORMED),
        (NOP * 3 + b"\x02", columns.OPT_MALFORMED),
        (b"\0" + MSS, 0),
        (b"", 0),
    ],
)
def test_one_option(life: Life, option: bytes, bit: int) -> None:
    assert dissect(life, frame(options=option))[0].options == bit


@both_lives
def test_what_stands_before_a_malformed_option_is_kept(life: Life) -> None:
    row, _ = dissect(life, frame(options=MSS + b"\x08\xff"))
    assert (row.options, row.mss) == (columns.OPT_MSS | columns.OPT_MALFORMED, 1460)


@both_lives
def test_a_row_that_is_used_again_keeps_nothing(life: Life) -> None:
    """Two frames into the same row: the second has none of the first's options."""
    plain, _ = dissect(life, frame())
    full, _ = dissect(life, frame(options=MSS + SCALE + sack((1, 2), (3, 4)) + NOP))
    assert full.options
    assert all(values(plain)[name] == 0 for name in ("options", "mss", "wscale", "sack_blocks", "sack1_right", "tsval"))


@both_lives
def test_the_snap_length_cuts_options_but_not_the_row(life: Life) -> None:
    data = frame(options=MSS + PERMITTED + STAMPS + NOP + SCALE)
    row, _, progress = dissect_with_progress(life, data, captured=14 + 20 + 20 + 8)
    assert row.options == columns.OPT_MSS | columns.OPT_SACK_PERMITTED | columns.OPT_CUT
    assert (row.mss, row.tsval, row.payload, progress.cut) == (1460, 0, 0, 1)


@both_lives
def test_a_header_that_is_not_captured_is_truncated_and_one_that_never_was_is_malformed(life: Life) -> None:
    assert dissect(life, frame(), captured=53) == (None, "TRUNCATED")
    assert dissect(life, ethernet(ipv4(tcp()[:19]))) == (None, "MALFORMED")


@both_lives
@pytest.mark.parametrize("offset", [0, 4, 6, 15])
def test_a_data_offset_that_cannot_be_is_malformed(life: Life, offset: int) -> None:
    assert dissect(life, ethernet(ipv4(tcp(offset=offset)))) == (None, "MALFORMED")


SEGMENTS = st.fixed_dictionaries(
    {
        "sport": st.integers(0, 65535),
        "dport": st.integers(0, 65535),
        "seq": st.integers(0, 2**32 - 1),
        "ack": st.integers(0, 2**32 - 1),
        "flags": st.integers(0, 511),
        "window": st.integers(0, 65535),
        "urgent": st.integers(0, 65535),
        "checksum": st.integers(0, 65535),
    }
)


@given(fields=SEGMENTS, payload=st.binary(max_size=40), options=st.binary(max_size=40))
def test_round_trip_and_both_lives_equal(fields: dict[str, int], payload: bytes, options: bytes) -> None:
    data = frame(payload, options=options, **fields)
    one, other = (values(dissect(life, data)[0]) for life in Life)
    assert one == other
    assert {name: one[name] for name in fields} == fields
    assert one["payload"] == len(payload)
    assert bool(one["flags"] & SYN) == bool(fields["flags"] & SYN)
