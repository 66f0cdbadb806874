from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from estab.errors import MisuseError
from estab.lab.clock import EPOCH_NS, Clock
from estab.lab.tasks import Signal, Sleep, Task, Within


def run(clock: Clock, program: Coroutine[Any, Any, Any]) -> Task:
    task = Task(clock, program, name="program", watched=True)
    clock.run_until(EPOCH_NS + 10**12)
    return task


def test_a_program_sleeps_and_gives_its_result() -> None:
    clock = Clock()

    async def program() -> int:
        await Sleep(clock, 5)
        await Sleep(clock, 7)
        return clock.now_ns - EPOCH_NS

    assert run(clock, program()).result == 12


def test_awaiting_another_program_gives_its_result_or_raises() -> None:
    clock = Clock()

    async def child(fails: bool) -> str:
        await Sleep(clock, 5)
        if fails:
            raise KeyError("gone")
        return "well"

    async def parent() -> list[str]:
        good = Task(clock, child(False), name="good")
        told = [await good, await good]
        try:
            await Task(clock, child(True), name="bad")
        except KeyError as problem:
            told.append(str(problem))
        return told

    assert run(clock, parent()).result == ["well", "well", "'gone'"]


def test_what_nobody_awaits_stops_the_run() -> None:
    clock = Clock()

    async def program() -> None:
        raise KeyError("unheard")

    Task(clock, program(), name="program")
    with pytest.raises(KeyError, match="unheard"):
        clock.run_until(EPOCH_NS + 1)


def test_a_signal_wakes_who_waits_and_who_comes_later() -> None:
    clock, signal, told = Clock(), Signal(), list[tuple[str, int]]()

    async def waits(name: str, after_ns: int) -> None:
        await Sleep(clock, after_ns)
        told.append((name + await signal, clock.now_ns - EPOCH_NS))

    first, second = Task(clock, waits("early ", 0), name="a"), Task(clock, waits("late ", 90), name="b")
    clock.after(50, lambda _: signal.set("yes"))
    clock.after(60, lambda _: signal.set("no"))
    clock.run_until(EPOCH_NS + 100)
    assert told == [("early yes", 50), ("late yes", 90)] and first.done and second.done


def test_a_limit_of_time_counts_only_where_it_comes_first() -> None:
    clock, signal = Clock(), Signal()

    async def program() -> list[object]:
        clock.after(10, lambda _: signal.set("in time"))
        told: list[object] = [await Within(clock, signal, 20, TimeoutError)]
        try:
            await Within(clock, Signal(), 20, TimeoutError)
        except TimeoutError:
            told.append(clock.now_ns - EPOCH_NS)
        await Sleep(clock, 100)
        return told

    assert run(clock, program()).result == ["in time", 30]


def test_a_cancelled_program_goes_no_further_and_cleans_up() -> None:
    clock, told = Clock(), list[str]()

    async def program() -> None:
        try:
            await Sleep(clock, 5)
            told.append("too far")
        finally:
            told.append("cleaned")

    task = Task(clock, program(), name="program")
    clock.run_until(EPOCH_NS + 1)
    task.cancel()
    task.cancel()
    clock.run_until(EPOCH_NS + 100)
    assert told == ["cleaned"] and task.done and task.error is None


def test_what_belongs_to_another_loop_is_refused() -> None:
    clock = Clock()

    async def program() -> None:
        await asyncio.sleep(0)

    error = run(clock, program()).error
    assert isinstance(error, MisuseError) and "programs of the lab await only what the lab gives" in str(error)
