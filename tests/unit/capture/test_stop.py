"""Ctrl-C while captures are read."""

from __future__ import annotations

import signal
import threading

import pytest

from estab.capture.stop import StopSign


def test_the_first_is_noted_and_the_second_raised() -> None:
    with StopSign() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_while_nothing_can_be_lost_the_first_is_raised_too() -> None:
    with StopSign() as stop:
        with pytest.raises(KeyboardInterrupt), stop.at_once():
            signal.raise_signal(signal.SIGINT)
        assert stop.asked


def test_what_was_there_before_comes_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with StopSign():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_in_another_thread_nothing_is_changed() -> None:
    before, seen = signal.getsignal(signal.SIGINT), []

    def run() -> None:
        with StopSign() as stop:
            seen.append((signal.getsignal(signal.SIGINT), stop.asked))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [(before, False)]
