"""Where the database lies, and how moments are written."""

from __future__ import annotations

import pathlib

import pytest

from estab.errors import MisuseError
from estab.history.place import default_path, parse_moment
from estab.instant import format_second

NOW_NS = 1_795_228_361 * 10**9  # 2026-11-21 02:32:41 UTC
HOME = pathlib.Path("/home/someone")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("02:30", "2026-11-21 02:30:00 UTC"),
        ("03:12", "2026-11-20 03:12:00 UTC"),  # not yet today
        ("02:32:41", "2026-11-21 02:32:41 UTC"),
        ("2026-11-01 03:12", "2026-11-01 03:12:00 UTC"),
        ("2026-11-01T03:12:04", "2026-11-01 03:12:04 UTC"),
        ("2026-11-01T03:12:04+08:00", "2026-10-31 19:12:04 UTC"),
    ],
)
def test_moments(text: str, moment: str) -> None:
    assert format_second(parse_moment(text, NOW_NS)) == moment


@pytest.mark.parametrize("text", ["", "25:00", "03:61", "yesterday", "3"])
def test_no_moments(text: str) -> None:
    with pytest.raises(MisuseError):
        parse_moment(text, NOW_NS)


@pytest.mark.parametrize(
    ("environment", "is_root", "path"),
    [
        ({}, False, "/home/someone/.local/state/estab/history.db"),
        ({"XDG_STATE_HOME": "/srv/state"}, False, "/srv/state/estab/history.db"),
        ({"XDG_STATE_HOME": "relative"}, False, "/home/someone/.local/state/estab/history.db"),  # the specification says to ignore it
        ({"XDG_STATE_HOME": "/srv/state"}, True, "/var/lib/estab/history.db"),
    ],
)
def test_where_the_database_lies(environment: dict[str, str], is_root: bool, path: str) -> None:
    assert str(default_path(environment, HOME, is_root=is_root)) == path
