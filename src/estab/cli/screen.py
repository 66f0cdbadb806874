"""Where output goes: width, colours, progress, and how long it took."""

from __future__ import annotations

import os
import pathlib
import shutil
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import click

from estab import lives
from estab.cli.translated import translator_of
from estab.first_use import is_compiled
from estab.instant import SECOND_NS, format_duration
from estab.report.painter import Painter
from estab.report.view import Layout
from estab.text import Text, format_count, msg

if TYPE_CHECKING:
    from estab.capture.reader import Chunk

PLAIN_WIDTH = 80
WIDEST = 160
PROGRESS_FROM_BYTES = 50_000_000
LARGE_AFTER_PACKETS = 6_000
"""An input of unknown size that has come so far interpreted will soon go on compiled."""


def width() -> int:
    """Columns of the terminal, or $COLUMNS, or 80."""
    if not os.environ.get("COLUMNS") and not sys.stdout.isatty():
        return PLAIN_WIDTH
    return max(40, min(WIDEST, shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns))


def colour() -> bool:
    """True on a terminal, unless NO_COLOR (https://no-color.org) or TERM says no."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def layout(ctx: click.Context, **more: Any) -> Layout:
    """How reports are shown in this run."""
    return Layout(translator=translator_of(ctx), width=width(), painter=Painter(colour=colour()), **more)


class Watch:
    """Times a run, tells once that the packet loop is being compiled, and shows progress of large inputs; all on stderr.

    It is a watcher for `api.analyse`.
    """

    def __init__(self, ctx: click.Context, paths: tuple[str, ...]) -> None:
        self._translator = translator_of(ctx)
        self._began_ns = time.monotonic_ns()
        self._packets = 0
        self._announced = False
        self._status: Any = None
        size = sum(pathlib.Path(path).stat().st_size for path in paths if path != "-" and pathlib.Path(path).is_file())
        self._shows = sys.stderr.isatty() and (size >= PROGRESS_FROM_BYTES or "-" in paths)

    def before_reading(self, life: lives.Life) -> None:
        """Takes note of the life in which reading begins."""
        if life is lives.Life.COMPILED:
            self._announce()

    def _announce(self) -> None:
        """The packet loop will be compiled: says so where that has not been done before."""
        if not self._announced and not is_compiled():
            click.echo(self._translator(msg("compiling the packet loop once, about 10 s …")), err=True)
        self._announced = True

    def __call__(self, chunk: Chunk) -> None:
        """Takes note of a chunk."""
        self._packets += chunk.count
        if not self._announced and chunk.life is lives.Life.INTERPRETED and self._packets > LARGE_AFTER_PACKETS:
            self._announce()
        if self._shows:
            self._show()

    def _show(self) -> None:
        text = self._translator(msg("{count} packets so far", count=format_count(self._packets)))
        if self._status is None:
            from rich.console import Console

            self._status = Console(stderr=True).status(text)
            self._status.start()
        else:
            self._status.update(text)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        if self._status is not None:
            self._status.stop()

    @property
    def elapsed_ns(self) -> int:
        """Time since the run began."""
        return time.monotonic_ns() - self._began_ns


class Countdown:
    """Shows on a terminal's stderr how long the wait between two readings of a host still lasts; elsewhere it is silent.

    The line appears when the wait begins and goes with `hide`, which whoever prints below it calls before.
    """

    def __init__(self, ctx: click.Context, *, watching: bool = False) -> None:
        self._translator = translator_of(ctx)
        self._said = (
            msg("watching, next report in {left} (Ctrl-C ends)")
            if watching
            else msg("watching the counters, {left} to go (Ctrl-C ends the wait)")
        )
        self._status: Any = None

    def __enter__(self) -> Self:
        return self

    def __call__(self, waited_ns: int, whole_ns: int) -> None:
        """Takes note of the time that has passed."""
        if not sys.stderr.isatty():
            return
        left = format_duration(round((whole_ns - waited_ns) / SECOND_NS) * SECOND_NS)
        text = self._translator(Text(self._said.message, {"left": left}))
        if self._status is None:
            from rich.console import Console

            self._status = Console(stderr=True).status(text)
            self._status.start()
        else:
            self._status.update(text)

    def hide(self) -> None:
        """Takes the line away."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.hide()
