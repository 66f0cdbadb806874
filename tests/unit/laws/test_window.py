from __future__ import annotations

import pytest

from estab.laws.window import bounded_by_half_window, minshall_waits, rfc_may_send, segments


@pytest.mark.parametrize(
    ("size", "window", "bounded"),
    [(1460, 0, 1460), (1460, 2919, 1459), (1460, 2920, 1460), (1460, 536, 536), (1460, 537, 268), (1460, 10, 48), (200, 537, 200)],
)
def test_a_segment_is_at_most_half_of_the_largest_window(size: int, window: int, bounded: int) -> None:
    assert bounded_by_half_window(size, window) == bounded


def test_minshall_waits_for_a_small_segment_and_for_nothing_else() -> None:
    assert minshall_waits(snd_sml=150, snd_una=100, snd_nxt=200)
    assert not minshall_waits(snd_sml=100, snd_una=100, snd_nxt=200)  # acknowledged
    assert not minshall_waits(snd_sml=250, snd_una=100, snd_nxt=200)


@pytest.mark.parametrize(
    ("usable", "queued", "pushed", "all_acked", "nagle", "may"),
    [
        (2000, 1000, False, False, True, True),  # a full segment
        (2000, 400, True, True, True, True),  # nothing outstanding
        (2000, 400, True, False, True, False),  # Nagle
        (2000, 400, True, False, False, True),
        (300, 400, True, True, True, False),  # less than half of the window, and not all
        (500, 900, False, True, True, True),  # half of the largest window
        (0, 900, True, True, False, False),
    ],
)
def test_the_sender_s_rule_of_rfc_9293(usable: int, queued: int, pushed: bool, all_acked: bool, nagle: bool, may: bool) -> None:
    assert rfc_may_send(usable, queued, 1000, 1000, pushed=pushed, all_acked=all_acked, nagle=nagle) is may


def test_a_fin_alone_is_a_segment_too() -> None:
    assert [segments(length, 1000) for length in (0, 1, 1000, 1001, 3000)] == [1, 1, 1, 2, 3]
