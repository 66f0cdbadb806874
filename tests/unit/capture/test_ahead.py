"""Reading ahead in a thread that never stays."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from estab.capture.ahead import RunAhead


def names() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "estab-read-ahead"]


def test_items_come_in_order_and_the_thread_ends() -> None:
    ahead = RunAhead(iter(range(100)))
    assert list(ahead) == list(range(100))
    assert list(ahead) == []
    ahead.close()
    assert names() == []


def test_an_exception_comes_after_what_was_read() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise KeyError("there")

    ahead = RunAhead(items())
    assert next(ahead) == 1
    with pytest.raises(KeyError, match="there"):
        next(ahead)
    ahead.close()
    assert names() == []


@pytest.mark.parametrize("taken", [0, 1, 5])
def test_closing_early_ends_the_thread(taken: int) -> None:
    def items() -> Iterator[int]:
        number = 0
        while True:
            yield number
            number += 1

    ahead = RunAhead(items())
    assert [next(ahead) for _ in range(taken)] == list(range(taken))
    ahead.close()
    ahead.close()
    assert names() == []


def test_it_runs_no_further_ahead_than_one_item_and_one_in_the_making() -> None:
    made: list[int] = []
    third = threading.Event()

    def items() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            if number == 2:
                third.set()
            yield number

    ahead = RunAhead(items())
    assert next(ahead) == 0
    assert third.wait(10)
    assert made == [0, 1, 2]  # 1 waits, 2 is in the making; nothing takes 1, so nothing makes 3
    ahead.close()
