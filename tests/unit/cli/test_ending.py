"""Ctrl-C and SIGTERM as a wish."""

from __future__ import annotations

import os
import signal

import pytest

from estab.cli.ending import ending_gently


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_a_wish_and_the_second_is_not(number: signal.Signals) -> None:
    former = signal.signal(number, lambda *_: heard.append(True))
    heard: list[bool] = []
    try:
        with ending_gently() as ended:
            assert not ended.is_set()
            os.kill(os.getpid(), number)
            assert ended.is_set() and heard == []
            os.kill(os.getpid(), number)
            assert heard == [True]
        os.kill(os.getpid(), number)
        assert heard == [True, True]
    finally:
        signal.signal(number, former)
