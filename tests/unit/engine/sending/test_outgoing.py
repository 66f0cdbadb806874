from __future__ import annotations

import errno

from estab.engine.events import Patience
from estab.engine.sending.outgoing import NOTHING_DUE, AckResult, Action, Outgoing, SenderVerdict


def test_the_end_counts_a_fin() -> None:
    assert Outgoing(5, b"abc", True, False, False, 1, None, False, False).end == 9
    assert Outgoing(5, b"abc", False, False, False, 1, None, False, False).end == 8


def test_a_segment_shows_itself() -> None:
    assert repr(Outgoing(1, b"ab", True, True, True, 1, None, False, False)) == "<R 1:4(2) FIN PSH>"
    assert repr(Outgoing(0, b"", False, False, False, 0, None, False, False, is_probe=True)) == "<P 0:0(0)>"


def test_a_verdict_says_nothing_or_why_it_is_over() -> None:
    assert NOTHING_DUE.action is Action.NOTHING
    assert SenderVerdict(Action.GAVE_UP, Patience.ORPHAN).errno == errno.ETIMEDOUT


def test_a_result_keeps_what_it_is_given() -> None:
    result = AckResult(5, False, True, False, True)
    assert (result.newly_acked_bytes, result.fin_acked, result.is_duplicate, result.window_updated, result.progress) == (
        5, False, True, False, True,
    )  # fmt: skip
