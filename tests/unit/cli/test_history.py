"""`estab history`: spans, single moments and wrong questions."""

from __future__ import annotations

import json
import pathlib
import time

import pytest

from estab.cli.exit import Exit
from estab.cli.main import run
from estab.history.interval import Interval
from estab.history.store import Store
from estab.instant import MINUTE_NS, SECOND_NS, format_second
from tests.unit.history.test_timeline import leak


@pytest.fixture
def base(tmp_path: pathlib.Path) -> str:
    """Twenty intervals of a minute up to now; a leak in the tenth before the last, with many RSTs."""
    now_ns = time.time_ns()
    path = str(tmp_path / "h.db")
    with Store(path) as store:
        for ago in range(20, 0, -1):
            begin = now_ns - ago * MINUTE_NS
            findings = (leak(40),) if ago == 10 else ()
            moved = {"Tcp.OutRsts": 6000 if ago == 10 else 60}
            store.add(Interval(from_ns=begin, to_ns=begin + MINUTE_NS, states={"ESTABLISHED": ago}, moved=moved, findings=findings))
    return path


def test_the_last_hour(base: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "en", "history", "--db", base]) == Exit.DONE
    told = capsys.readouterr().out
    assert told.startswith("20 intervals") and "close.close_wait_leak" in told


def test_a_shorter_time(base: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "en", "history", "--db", base, "--last", "5m", "--json"]) == Exit.DONE
    assert [interval["states"]["ESTABLISHED"] for interval in json.loads(capsys.readouterr().out)["intervals"]][-4:] == [4, 3, 2, 1]


def test_one_moment_beside_the_hour_before(base: str, capsys: pytest.CaptureFixture[str]) -> None:
    moment = format_second(time.time_ns() - 10 * MINUTE_NS + 20 * SECOND_NS).removesuffix(" UTC")
    assert run(["--lang", "en", "history", "--db", base, "--at", moment]) == Exit.DONE
    told = capsys.readouterr().out
    assert "40 sockets" in told and "Tcp.OutRsts  100 (1)" in told


def test_a_moment_that_was_not_recorded(base: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "en", "history", "--db", base, "--at", "2020-01-01 03:12"]) == Exit.DONE
    assert capsys.readouterr().out == "nothing was recorded in this time\n"


@pytest.mark.parametrize("arguments", [["--at", "03:12", "--last", "1h"], ["--last", "1h", "--from", "03:12"], ["--at", "tomorrow"]])
def test_questions_without_meaning(base: str, arguments: list[str]) -> None:
    assert run(["history", "--db", base, *arguments]) == Exit.UNUSABLE


def test_no_database(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "en", "history", "--db", str(tmp_path / "none.db")]) == Exit.UNUSABLE
    assert "`estab record` makes it" in capsys.readouterr().err
