"""Outputs shown in a page are found, compared and replaced."""

from __future__ import annotations

import pytest

from tools import readme

PAGE = "before\n<!-- output:begin estab x -->\n```text\na.pcap\n  read in 0.41 s\n\nrest 3 s\n```\n<!-- output:end -->\nafter\n"
EMPTY = "<!-- output:begin estab x -->\n<!-- output:end -->\n"


@pytest.fixture
def prints(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the command prints; the test may change it."""
    said = ["a.pcap\n  read in 0.41 s\n\nrest 3 s\n"]
    monkeypatch.setattr(readme, "output_of", lambda _command: said[0])
    return said


def test_places_are_found() -> None:
    assert list(readme.places(PAGE)) == [("estab x", "a.pcap\n  read in 0.41 s\n\nrest 3 s\n")]
    assert list(readme.places(EMPTY)) == [("estab x", "")]


@pytest.mark.parametrize(
    ("now", "differs"),
    [
        ("a.pcap\n  read in 0.41 s\n\nrest 3 s\n", False),
        ("a.pcap\n  read in 12.5 s\n\nrest 3 s\n", False),
        ("b.pcap\n  read in 0.41 s\n\nrest 3 s\n", True),
        ("a.pcap\n  read in 0.41 s\n\nrest 4 s\n", True),
    ],
)
def test_only_the_time_of_reading_may_differ(prints: list[str], now: str, differs: bool) -> None:
    prints[0] = now
    assert readme.stale(PAGE) == (["estab x"] if differs else [])


def test_what_was_never_written_is_stale(prints: list[str]) -> None:
    assert readme.stale(EMPTY) == ["estab x"]
    assert readme.rewritten(EMPTY) == PAGE.removeprefix("before\n").removesuffix("after\n")


def test_only_commands_of_this_project_are_run() -> None:
    with pytest.raises(ValueError, match="not a command"):
        readme.output_of("rm -r x")
