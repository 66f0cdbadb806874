"""`estab record` over the real kernel, and `estab history` over what it kept."""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator

import pytest

from estab.cli.exit import Exit
from estab.cli.main import run
from estab.cli.record import parse_size, parse_time
from estab.errors import MisuseError
from estab.history.store import Store
from estab.instant import DAY_NS, SECOND_NS

SOURCE = pathlib.Path(__file__).parents[3] / "src"


@pytest.mark.parametrize(("text", "size"), [("1000", 1000), ("2K", 2000), ("200M", 200_000_000), ("1GiB", 1 << 30), ("3MiB", 3 << 20)])
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "M", "-1", "many", "1X"])
def test_no_sizes(text: str) -> None:
    with pytest.raises(MisuseError):
        parse_size(text)


def test_days_are_times_too() -> None:
    assert (parse_time("14d"), parse_time("90s")) == (14 * DAY_NS, 90 * SECOND_NS)


@pytest.fixture
def busy() -> Iterator[None]:
    """Somebody connects over loopback again and again, so that counters move."""
    enough = threading.Event()

    def connect() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            while not enough.wait(0.05):
                socket.create_connection(listener.getsockname(), timeout=5).close()
                listener.accept()[0].close()

    thread = threading.Thread(target=connect)
    thread.start()
    yield
    enough.set()
    thread.join()


@pytest.mark.usefixtures("busy")
def test_what_was_recorded_is_shown(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "h.db")
    assert run(["--lang", "en", "record", "--db", path, "--every", "2s", "--for", "4s"]) == Exit.DONE
    assert "2 intervals kept" in capsys.readouterr().err
    assert run(["--lang", "en", "history", "--db", path, "--json"]) == Exit.DONE
    intervals = json.loads(capsys.readouterr().out)["intervals"]
    assert len(intervals) == 2 and not intervals[0]["partial"] and intervals[0]["moved"]["Tcp.ActiveOpens"] >= 1
    assert run(["--lang", "en", "history", "--db", path]) == Exit.DONE
    assert capsys.readouterr().out.startswith("2 intervals from ")


def start(path: str, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "estab", "--lang", "en", "record", "--db", path, *more], cwd=SOURCE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_keeps_the_interval_it_cuts(tmp_path: pathlib.Path, number: int) -> None:
    path = str(tmp_path / "h.db")
    with start(path, "--every", "1h") as program:
        assert program.stderr is not None and program.stderr.readline().startswith("recording every 1 h 0 min to ")
        program.send_signal(number)
        assert program.wait(timeout=60) == Exit.INTERRUPTED and "1 interval" in program.stderr.read()
    with Store.existing(path) as store:
        assert [interval.partial for interval in store.intervals()] == [True]


def test_prometheus_is_served(tmp_path: pathlib.Path) -> None:
    with start(str(tmp_path / "h.db"), "--every", "1s", "--listen", "0") as program:
        assert program.stderr is not None
        found = re.search(r"http://\S+", program.stderr.readline())
        assert found is not None
        page = ""
        while "estab_sockets" not in page:  # until the first interval is there
            with urllib.request.urlopen(found[0], timeout=20) as answer:
                page = answer.read().decode()
            time.sleep(0.05)
        program.send_signal(signal.SIGINT)
        program.wait(timeout=60)
    assert 'estab_kernel_counter_total{name="Tcp.ActiveOpens"}' in page


@pytest.mark.parametrize("arguments", [["--every", "10ms"], ["--max-size", "x"], ["--listen", "nowhere"], ["--keep", "soon"]])
def test_arguments_without_meaning(tmp_path: pathlib.Path, arguments: list[str]) -> None:
    assert run(["record", "--db", str(tmp_path / "h.db"), *arguments]) == Exit.UNUSABLE


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    assert run(["record"]) == Exit.UNUSABLE
