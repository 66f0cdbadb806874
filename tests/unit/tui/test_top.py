"""The live screen, driven headless; whole screens are recorded in tests/golden/tui and compared."""

from __future__ import annotations

import asyncio
import os
import pathlib
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("textual", reason="the extra `tui` is not installed")

from textual.pilot import Pilot

from estab.errors import MisuseError
from estab.machine.states import State
from estab.snapshot_table import SocketArray
from estab.text import Translator, msg
from estab.tui.table_rows import Rows
from estab.tui.top import Sources, Top
from tests.unit.tui.readings import NGINX, reading
from tests.unit.tui.screens import screen_text

GOLDEN = pathlib.Path(__file__).parents[2] / "golden" / "tui"
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh_CN"])


def select(wanted: str, sockets: SocketArray) -> Rows:
    if wanted == "state == CLOSE-WAIT":
        return np.flatnonzero(sockets["state"] == State.CLOSE_WAIT)
    raise MisuseError(msg("no such word: {word}", word=wanted))


def drive(language: str, script: Callable[[Top, Pilot[Any]], Awaitable[None]]) -> str:
    """The screen after a script has been played on a host with two readings."""

    async def play() -> str:
        app = Top(Sources(lambda: reading(0), lambda _: {1: [NGINX]}, select), Translator(language), every_ns=0)
        async with app.run_test(size=(100, 24)) as pilot:
            await pilot.pause()
            app.take(reading(2, growth=3))
            await pilot.pause()
            await script(app, pilot)
            await pilot.pause()
            return screen_text(app)

    return asyncio.run(play())


def compare(name: str, language: str, shown: str) -> None:
    """Equal to the recorded screen; ESTAB_RECORD=1 records it anew."""
    path = GOLDEN / f"{name}.{language}.txt"
    if os.environ.get("ESTAB_RECORD"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(shown + "\n", encoding="utf-8")
    assert shown + "\n" == path.read_text(encoding="utf-8")


async def nothing(app: Top, pilot: Pilot[Any]) -> None:
    del app, pilot


@LANGUAGES
def test_the_table(language: str) -> None:
    compare("top", language, drive(language, nothing))


@LANGUAGES
def test_one_socket(language: str) -> None:
    async def script(app: Top, pilot: Pilot[Any]) -> None:
        del app
        await pilot.press("enter")

    compare("top_socket", language, drive(language, script))


def test_a_socket_that_ends_is_said_to_be_gone() -> None:
    async def script(app: Top, pilot: Pilot[Any]) -> None:
        await pilot.press("enter")
        await pilot.pause()
        gone = reading(4)
        app.take(type(gone)(taken_ns=gone.taken_ns, counters=gone.counters, sockets=gone.sockets[1:]))

    assert "This socket is gone." in drive("en", script)


def test_a_filter() -> None:
    async def script(app: Top, pilot: Pilot[Any]) -> None:
        del app
        await pilot.press("slash", *"state", "space", *"==", "space", *"CLOSE-WAIT", "enter")

    shown = drive("en", script)
    assert "1 fit the filter state == CLOSE-WAIT" in shown and "10.0.0.9:40002" in shown and "10.0.0.9:40001" not in shown


def test_a_filter_without_meaning_is_answered_and_shows_all() -> None:
    async def script(app: Top, pilot: Pilot[Any]) -> None:
        del app
        await pilot.press("slash", *"nonsense", "enter")

    shown = drive("en", script)
    assert "no such word: nonsense" in shown and "10.0.0.9:40001" in shown


def test_the_order_changes_by_a_key() -> None:
    async def script(app: Top, pilot: Pilot[Any]) -> None:
        del app
        await pilot.press("s")

    lines = drive("en", script).splitlines()
    table = [line for line in lines if "10.0.0.1:80" in line]
    assert "order: sent again" in lines[0] and [line.split()[2] for line in table] == ["10.0.0.9:40003", "10.0.0.9:40002", "10.0.0.9:40001"]


def test_a_paused_screen_says_so() -> None:
    async def script(app: Top, pilot: Pilot[Any]) -> None:
        del app
        await pilot.press("p")

    assert "paused" in drive("en", script)


def test_it_reads_on_by_itself() -> None:
    seen: list[int] = []

    async def play() -> None:
        def read() -> Any:
            seen.append(len(seen))
            return reading(len(seen))

        app = Top(Sources(read, lambda _: {}, select), Translator("en"), every_ns=10_000_000)
        async with app.run_test() as pilot:
            while len(seen) < 4:
                await pilot.pause(0.02)

    asyncio.run(asyncio.wait_for(play(), 30))
    assert len(seen) >= 4
