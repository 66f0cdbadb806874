from __future__ import annotations

import sys

import click
import pytest

from estab.capture.reader import Chunk
from estab.cli import screen
from estab.cli.translated import set_language
from estab.lives import Life


@pytest.fixture
def ctx() -> click.Context:
    context = click.Context(click.Command("test"))
    set_language(context, "en")
    return context


@pytest.mark.parametrize(
    ("environment", "terminal", "coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
        ({"NO_COLOR": ""}, True, True),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    environment: dict[str, str], terminal: bool, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert screen.colour() is coloured


@pytest.mark.parametrize(("columns", "width"), [("110", 110), ("20", 40), ("500", 160), ("", 80)])
def test_the_width_is_that_of_columns_within_reason(columns: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    assert screen.width() == width


@pytest.mark.parametrize(
    ("cached", "life", "announced"), [(True, Life.COMPILED, 0), (False, Life.COMPILED, 1), (False, Life.INTERPRETED, 0)]
)
def test_compiling_is_announced_once_and_only_where_it_happens(
    cached: bool, life: Life, announced: int, ctx: click.Context, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(screen, "is_compiled", lambda: cached)
    watch = screen.Watch(ctx, ())
    watch.before_reading(life)
    watch(Chunk([], 100, life))
    out, err = capsys.readouterr()
    assert err.count("compiling the packet loop once") == announced and out == ""


def test_a_pipe_that_turns_out_to_be_large_is_announced_too(
    ctx: click.Context, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(screen, "is_compiled", lambda: False)
    watch = screen.Watch(ctx, ("-",))
    watch(Chunk([], 10, Life.INTERPRETED))
    assert capsys.readouterr().err == ""
    for _ in range(2):
        watch(Chunk([], screen.LARGE_AFTER_PACKETS, Life.INTERPRETED))
    assert capsys.readouterr().err.count("compiling") == 1


def test_progress_only_on_a_terminal(ctx: click.Context, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(screen, "is_compiled", lambda: True)
    with screen.Watch(ctx, ("-",)) as watch:
        watch(Chunk([], 1_000, Life.INTERPRETED))
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with screen.Watch(ctx, ("-",)) as watch:
        watch(Chunk([], 1_000, Life.INTERPRETED))
        watch(Chunk([], 1_000, Life.INTERPRETED))
        assert "packets so far" in str(watch._status.status)
