from __future__ import annotations

import pytest

from estab.instant import HOUR_NS
from estab.lives import compiled
from estab.machine import checks

TOP = 2**32


@pytest.mark.parametrize("rcv_nxt", [1000, TOP - 50, 0, 2**31 - 50], ids=["plain", "wraps", "zero", "half"])
@pytest.mark.parametrize(
    ("offset", "seg_len", "rcv_wnd", "acceptable"),
    [
        # length 0, window 0: SEG.SEQ = RCV.NXT
        (0, 0, 0, True),
        (-1, 0, 0, False),
        (1, 0, 0, False),
        # length 0, window >0: RCV.NXT =< SEG.SEQ < RCV.NXT+RCV.WND
        (-1, 0, 100, False),
        (0, 0, 100, True),
        (99, 0, 100, True),
        (100, 0, 100, False),
        # length >0, window 0: not acceptable
        (0, 1, 0, False),
        (-1, 2, 0, False),
        # length >0, window >0: its beginning or its end lies in the window
        (-10, 10, 100, False),  # ends just before the window
        (-10, 11, 100, True),  # its last byte is the first of the window
        (0, 1, 100, True),
        (99, 1, 100, True),
        (99, 50, 100, True),
        (100, 50, 100, False),
        (-1, 1, 100, False),  # a keepalive probe with one byte
    ],
)
def test_table_6(rcv_nxt: int, offset: int, seg_len: int, rcv_wnd: int, acceptable: bool) -> None:
    assert checks.is_acceptable((rcv_nxt + offset) % TOP, seg_len, rcv_nxt, rcv_wnd) is acceptable


@pytest.mark.parametrize(
    ("offset", "rcv_wnd", "valid", "challenged"),
    [
        (0, 100, True, False),
        (1, 100, False, True),
        (99, 100, False, True),
        (100, 100, False, False),
        (-1, 100, False, False),
        (0, 0, True, False),
    ],
)
@pytest.mark.parametrize("rcv_nxt", [5000, TOP - 1])
def test_resets_of_rfc_5961(rcv_nxt: int, offset: int, rcv_wnd: int, valid: bool, challenged: bool) -> None:
    seg_seq = (rcv_nxt + offset) % TOP
    assert checks.is_reset_valid(seg_seq, rcv_nxt) is valid
    assert checks.is_reset_challenged(seg_seq, rcv_nxt, rcv_wnd) is challenged


@pytest.mark.parametrize("iss", [100, TOP - 1, TOP - 5])
@pytest.mark.parametrize(
    ("acknowledged", "acceptable"),
    [(0, False), (1, True), (6, True), (11, True), (12, False), (-1, False)],
)
def test_an_ack_of_a_syn_that_carried_ten_bytes(iss: int, acknowledged: int, acceptable: bool) -> None:
    assert checks.is_ack_of_syn((iss + acknowledged) % TOP, iss, (iss + 11) % TOP) is acceptable


@pytest.mark.parametrize("snd_una", [10_000, TOP - 200, 3])
@pytest.mark.parametrize(
    ("acknowledged", "acceptable", "new"),
    [(-1001, False, False), (-1000, True, False), (0, True, False), (1, True, True), (500, True, True), (501, False, False)],
)
def test_acks_of_rfc_5961(snd_una: int, acknowledged: int, acceptable: bool, new: bool) -> None:
    seg_ack, snd_nxt = (snd_una + acknowledged) % TOP, (snd_una + 500) % TOP
    assert checks.is_ack_acceptable(seg_ack, snd_una, snd_nxt, 1000) is acceptable
    assert checks.is_ack_new(seg_ack, snd_una, snd_nxt) is new


@pytest.mark.parametrize(
    ("seg_seq", "seg_ack", "newer"),
    [(101, 0, True), (100, 50, True), (100, 51, True), (100, 49, False), (99, 60, False)],
)
def test_an_old_segment_does_not_move_the_window(seg_seq: int, seg_ack: int, newer: bool) -> None:
    assert checks.is_window_newer(seg_seq, seg_ack, 100, 50) is newer
    wrapped = TOP - 100
    assert (
        checks.is_window_newer((seg_seq + wrapped) % TOP, (seg_ack + wrapped) % TOP, (100 + wrapped) % TOP, (50 + wrapped) % TOP) is newer
    )


@pytest.mark.parametrize(
    ("tsval", "recent", "age_ns", "old"),
    [
        (99, 100, 0, True),
        (100, 100, 0, False),
        (101, 100, 0, False),
        (TOP - 1, 3, 0, True),
        (3, TOP - 1, 0, False),
        (99, 100, 24 * 24 * HOUR_NS, True),
        (99, 100, 24 * 24 * HOUR_NS + 1, False),
    ],
)
def test_paws(tsval: int, recent: int, age_ns: int, old: bool) -> None:
    assert checks.is_old_by_timestamp(tsval, recent, age_ns) is old


@pytest.mark.parametrize(
    ("sequence", "tsval", "new_has", "old_had", "newer"),
    [
        (-5, 901, True, True, True),  # the timestamp is greater
        (5, 900, True, True, True),  # equal timestamps, greater sequence number
        (0, 900, True, True, False),
        (5, 899, True, True, False),  # an older timestamp is not outweighed by the sequence number
        (5, 0, False, True, True),  # no timestamps now: the sequence number
        (0, 0, False, True, False),
        (-5, 0, True, False, True),  # timestamps now, none before
        (1, 0, False, False, True),
        (-1, 0, False, False, False),
    ],
)
def test_reopening_from_time_wait_as_in_rfc_6191(sequence: int, tsval: int, new_has: bool, old_had: bool, newer: bool) -> None:
    last_seq = TOP - 2
    assert checks.is_syn_newer((last_seq + sequence) % TOP, tsval, last_seq, 900, new_has, old_had) is newer


@pytest.mark.slow
def test_compiled_life_agrees_where_numbers_wrap() -> None:
    accepts, old = compiled(checks.is_acceptable), compiled(checks.is_ack_acceptable)
    for near in (0, 1, 2**31 - 1, 2**31, TOP - 1):
        for offset in (-2, -1, 0, 1, 2):
            number = (near + offset) % TOP
            assert accepts(number, 2, near, 2) == checks.is_acceptable(number, 2, near, 2)
            assert old(number, near, (near + 1) % TOP, 1) == checks.is_ack_acceptable(number, near, (near + 1) % TOP, 1)
