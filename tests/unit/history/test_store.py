"""The database of intervals: nothing lost but the last, and never larger than allowed."""

from __future__ import annotations

import pathlib
import signal
import sqlite3
import subprocess
import sys

import pytest

from estab.errors import InputError
from estab.history.interval import Crowd, Interval, ListenerLoad, SeenFinding
from estab.history.store import LEAST_BYTES, Store
from estab.instant import SECOND_NS

FULL = Interval(
    from_ns=10 * SECOND_NS,
    to_ns=20 * SECOND_NS,
    states={"ESTABLISHED": 5000, "TIME-WAIT": 31000},
    moved={"TcpExt.ListenOverflows": 12, "Tcp.OutSegs": 1 << 40},
    peers=(Crowd("10.0.0.9:5432", {"ESTABLISHED": 7, "CLOSE-WAIT": 2}), Crowd("10.0.0.8:80", {"TIME-WAIT": 3})),
    listeners=(ListenerLoad("0.0.0.0:80", 129, 128),),
    findings=(SeenFinding("handshake.accept_queue_overflow", "0.0.0.0:80", "critical", 12, "It does not accept fast enough."),),
)


def tick(number: int, peers: int = 20) -> Interval:
    """An interval of its own second, with peers that no other has."""
    crowds = tuple(Crowd(f"10.{number >> 8}.{number & 255}.{peer}:443", {"ESTABLISHED": peer + 1}) for peer in range(peers))
    return Interval(from_ns=number * SECOND_NS, to_ns=(number + 1) * SECOND_NS, states={"ESTABLISHED": number}, peers=crowds)


def test_what_is_kept_comes_back(tmp_path: pathlib.Path) -> None:
    with Store(tmp_path / "h.db") as store:
        store.add(FULL)
        assert list(store.intervals()) == [FULL]
    with Store.existing(tmp_path / "h.db") as again:
        assert list(again.intervals()) == [FULL]


def test_a_span_of_time_takes_what_overlaps_it(tmp_path: pathlib.Path) -> None:
    with Store(tmp_path / "h.db") as store:
        for number in range(10):
            store.add(tick(number))
        found = [interval.states["ESTABLISHED"] for interval in store.intervals(int(3.5 * SECOND_NS), 6 * SECOND_NS)]
    assert found == [3, 4, 5]


def test_the_file_stays_within_its_size_and_keeps_the_newest(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "h.db"
    with Store(path, max_bytes=LEAST_BYTES) as store:
        for number in range(3000):
            store.add(tick(number))
        numbers = [interval.states["ESTABLISHED"] for interval in store.intervals()]
    assert path.stat().st_size <= LEAST_BYTES
    assert numbers == list(range(3000 - len(numbers), 3000)) and 100 < len(numbers) < 3000


def test_names_of_dropped_intervals_go_with_them(tmp_path: pathlib.Path) -> None:
    with Store(tmp_path / "h.db", keep_ns=5 * SECOND_NS) as store:
        for number in range(100):
            store.add(tick(number))
        assert [interval.states["ESTABLISHED"] for interval in store.intervals()] == [94, 95, 96, 97, 98, 99]
    with sqlite3.connect(tmp_path / "h.db") as base:
        (names,) = base.execute("SELECT count(*) FROM name").fetchone()
    assert names == 6 * 20 + 1  # peers of six intervals, and the one state


def test_a_killed_recorder_loses_at_most_its_last_interval(tmp_path: pathlib.Path) -> None:
    source = """
import sys
from tests.unit.history.test_store import tick
from estab.history.store import Store
with Store(sys.argv[1]) as store:
    for number in range(100000):
        store.add(tick(number))
        print(number, flush=True)
"""
    root = pathlib.Path(__file__).parents[3]
    program = subprocess.Popen([sys.executable, "-c", source, str(tmp_path / "h.db")], cwd=root, stdout=subprocess.PIPE)
    assert program.stdout is not None
    said = [program.stdout.readline() for _ in range(50)]
    program.send_signal(signal.SIGKILL)
    said += program.stdout.readlines()
    program.stdout.close()
    program.wait()
    complete = [int(line) for line in said if line.endswith(b"\n")]
    with Store.existing(tmp_path / "h.db") as store:
        kept = [interval.states["ESTABLISHED"] for interval in store.intervals()]
    assert kept[: len(complete)] == complete and len(kept) <= len(complete) + 1


def test_an_interval_that_does_not_fit_leaves_the_others(tmp_path: pathlib.Path) -> None:
    with Store(tmp_path / "h.db", max_bytes=LEAST_BYTES) as store:
        store.add(tick(1))
        with pytest.raises(InputError, match="full"):
            store.add(tick(2, peers=100_000))
        store.add(tick(3))
        assert [interval.states["ESTABLISHED"] for interval in store.intervals()] == [1, 3]


def test_a_reader_looks_while_a_recorder_writes(tmp_path: pathlib.Path) -> None:
    with Store(tmp_path / "h.db") as writer, Store.existing(tmp_path / "h.db") as reader:
        writer.add(FULL)
        assert len(list(reader.intervals())) == 1


def test_no_file() -> None:
    with pytest.raises(InputError, match="no such file"):
        Store.existing("/nowhere/h.db")


def test_a_file_that_is_no_database(tmp_path: pathlib.Path) -> None:
    (tmp_path / "h.db").write_bytes(b"0123456789abcdef" * 1000)
    with pytest.raises(InputError, match="not a database"):
        Store.existing(tmp_path / "h.db")


def test_the_database_of_another_program_is_left_alone(tmp_path: pathlib.Path) -> None:
    with sqlite3.connect(tmp_path / "h.db") as base:
        base.execute("CREATE TABLE accounts (id)")
    with pytest.raises(InputError, match="none that `estab record` made"):
        Store(tmp_path / "h.db")
    with sqlite3.connect(tmp_path / "h.db") as base:
        assert base.execute("SELECT name FROM sqlite_master").fetchall() == [("accounts",)]


def test_a_later_version_is_said(tmp_path: pathlib.Path) -> None:
    Store(tmp_path / "h.db").close()
    with sqlite3.connect(tmp_path / "h.db") as base:
        base.execute("UPDATE meta SET value = '99'")
    with pytest.raises(InputError, match="later version"):
        Store(tmp_path / "h.db")


def test_a_folder_that_is_not_there() -> None:
    with pytest.raises(InputError):
        Store("/nowhere/at/all/h.db")
