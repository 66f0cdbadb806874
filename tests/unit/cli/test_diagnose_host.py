"""`estab diagnose` of this host, from the outside."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
from typing import Any

import pytest

from estab.cli.exit import Exit
from estab.cli.main import run
from estab.diagnose.changes import ChangeKind, FindingLog
from estab.observe import HostRequest, Interval
from tests.unit.report.host_analyses import leak_analysis
from tests.unit.report.test_watch_text import change

SOURCE = pathlib.Path(__file__).parents[3] / "src"


def start(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "estab", "--lang", "en", "diagnose", *options]
    return subprocess.Popen(command, cwd=SOURCE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))


def first_line(program: subprocess.Popen[str]) -> str:
    """Waits for the first report, which must not stay in a buffer."""
    assert program.stdout is not None
    return program.stdout.readline()


def test_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "en", "diagnose", "--for", "20ms", "--json"]) == Exit.DONE
    assert json.loads(capsys.readouterr().out)["source"]["interval_ns"] >= 20_000_000


@pytest.mark.parametrize(
    "options",
    [["--watch"], ["--for", "1s"], ["--interface", "lo"], ["--write", "x"], ["--netns", "x"], ["--pid", "1"]],
    ids=lambda options: options[0],
)
def test_options_of_a_host_go_without_captures(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "en", "diagnose", *options, "a.pcap"]) == Exit.UNUSABLE
    assert "go without captures" in capsys.readouterr().err


def test_a_watch_has_no_intervals_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "en", "diagnose", "--watch", "--for", "1ms"]) == Exit.UNUSABLE
    assert "100ms" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_watch_in_a_pipe_reports_at_once_and_ends_cleanly(number: signal.Signals) -> None:
    with start("--watch", "--for", "100ms") as program:
        assert first_line(program).startswith("this ")
        program.send_signal(number)
        out, problem = program.communicate(timeout=60)
    assert program.returncode == Exit.INTERRUPTED and problem == ""
    assert out.splitlines()[-1].startswith("watched for ")


def test_a_watch_as_json_lines() -> None:
    with start("--watch", "--for", "100ms", "--json") as program:
        begin = json.loads(first_line(program))
        program.send_signal(signal.SIGINT)
        out, problem = program.communicate(timeout=60)
    events = [begin, *map(json.loads, out.splitlines())]
    assert problem == "" and {event["schema"] for event in events} == {"estab.watch/1"}
    assert events[0]["event"] == "begin" and events[-1]["event"] == "end" and events[-1]["intervals"] >= 1


def test_a_watch_ends_when_nobody_reads_any_more_even_while_it_is_silent() -> None:
    with start("--watch", "--for", "100ms") as program:
        first_line(program)
        assert program.stdout is not None and program.stderr is not None
        program.stdout.close()
        assert program.wait(timeout=60) == Exit.DONE and program.stderr.read() == ""


def intervals(*changes: tuple[Any, ...]) -> Any:
    """A watch of a leaking host with these changes."""
    log = FindingLog()

    def watch(request: HostRequest, lasts_ns: int, stopped: threading.Event, progress: object, **_: object) -> Any:
        for number, told in enumerate(changes, 1):
            yield Interval(number=number, analysis=leak_analysis(), changes=told, log=log)

    return watch


def test_changes_come_behind_the_first_report(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("estab.observe.watch_host", intervals((), (), (change(ChangeKind.ENDED),)))
    assert run(["--lang", "en", "diagnose", "--watch"]) == Exit.INTERRUPTED
    out, _ = capsys.readouterr()
    assert out.count("this host\n") == 1 and out.index("rules ran") < out.index("ended, after 76 s") < out.index("watched for")


def test_a_watch_with_fail_on_ends_with_the_first_such_finding(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("estab.observe.watch_host", intervals((), (), ()))
    assert run(["--lang", "en", "diagnose", "--watch", "--fail-on", "critical", "--json"]) == Exit.FOUND
    assert [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()] == ["begin", "end"]


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--write", "x"], "--interface, which is missing"), (["--write", "x", "--interface", "lo", "--watch"], "without --watch")],
)
def test_packets_are_kept_of_one_interval_of_an_interface(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "en", "diagnose", *options]) == Exit.UNUSABLE
    assert said in capsys.readouterr().err
