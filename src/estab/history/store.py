"""The database: one SQLite file, one transaction an interval, a bounded size.

Theory of operation
===================

An interval is written whole or not at all, so an interrupted program, a full disk or a lost power supply costs at most the last one.
Names (counters, peers, states) are kept once and referred to by number; a row is then a few bytes.  Before an interval is written the
oldest ones make room for it: by age, and by the size of the file, which SQLite also enforces itself (`max_page_count`), so that no
mistake in the arithmetic can fill a disk.  Readers may look while a recorder writes (write-ahead log).
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import sqlite3
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from estab.errors import InputError
from estab.history.interval import Crowd, Interval, ListenerLoad, SeenFinding
from estab.text import msg

SCHEMA_VERSION = 1
DEFAULT_MAX_BYTES = 200 << 20
LEAST_BYTES = 1 << 20
"""Below this not even the empty tables and a few intervals would fit."""
_PAGE_BYTES = 4096
_SLACK = 0.9
"""The oldest intervals go when the file is this full, so that a write never meets SQLite's own limit."""
_GONE_AT_ONCE = 20
"""A share of one in this many intervals makes room at once; single ones would make every later write do it again."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS name (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS interval (id INTEGER PRIMARY KEY, from_ns INTEGER NOT NULL, to_ns INTEGER NOT NULL, partial INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS interval_by_time ON interval (to_ns);
CREATE TABLE IF NOT EXISTS state (interval INTEGER, state INTEGER, sockets INTEGER, PRIMARY KEY (interval, state)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS moved (interval INTEGER, counter INTEGER, by INTEGER, PRIMARY KEY (interval, counter)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS peer (interval INTEGER, peer INTEGER, state INTEGER, sockets INTEGER,
  PRIMARY KEY (interval, peer, state)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS listener (interval INTEGER, listener INTEGER, queue INTEGER, most INTEGER,
  PRIMARY KEY (interval, listener)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS finding (interval INTEGER, code INTEGER, place INTEGER, severity INTEGER, count INTEGER, said INTEGER,
  PRIMARY KEY (interval, code, place)) WITHOUT ROWID;
"""
_NAMED = {
    "state": ("state",),
    "moved": ("counter",),
    "peer": ("peer", "state"),
    "listener": ("listener",),
    "finding": ("code", "place", "severity", "said"),
}
"""The tables that hang on an interval, with their columns that are numbers of names."""

_READ_STATES = "SELECT n.text, t.sockets FROM state t JOIN name n ON n.id = t.state WHERE t.interval = ?"
_READ_MOVED = "SELECT n.text, t.by FROM moved t JOIN name n ON n.id = t.counter WHERE t.interval = ?"
_READ_PEERS = """SELECT p.text, s.text, t.sockets FROM peer t
  JOIN name p ON p.id = t.peer JOIN name s ON s.id = t.state WHERE t.interval = ?"""
_READ_LISTENERS = """SELECT n.text, t.queue, t.most FROM listener t
  JOIN name n ON n.id = t.listener WHERE t.interval = ? ORDER BY n.text"""
_READ_FINDINGS = """SELECT c.text, p.text, s.text, t.count, w.text FROM finding t
  JOIN name c ON c.id = t.code JOIN name p ON p.id = t.place JOIN name s ON s.id = t.severity JOIN name w ON w.id = t.said
  WHERE t.interval = ? ORDER BY c.text, p.text"""


class Store:
    """A database of intervals; a context manager that closes it.

    Raises InputError where the file is not such a database, cannot be opened, or is of a later version.
    """

    def __init__(self, path: str | os.PathLike[str], *, max_bytes: int = DEFAULT_MAX_BYTES, keep_ns: int | None = None) -> None:
        self.path = os.fspath(path)
        self._max_bytes = max(max_bytes, LEAST_BYTES)
        self._keep_ns = keep_ns
        self._names: dict[str, int] = {}
        with self._told():
            self._base = sqlite3.connect(self.path, isolation_level=None, timeout=5)
            try:
                self._prepare()
            except BaseException:
                self._base.close()
                raise

    @classmethod
    def existing(cls, path: str | os.PathLike[str]) -> Self:
        """The database of a file that is there already; raises InputError where it is not."""
        if not pathlib.Path(path).is_file():
            raise InputError(msg("no such file; `estab record` makes it"), path=os.fspath(path))
        return cls(path)

    def _prepare(self) -> None:
        empty = self._base.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        if empty:
            self._base.execute("PRAGMA auto_vacuum = INCREMENTAL")
        elif not self._base.execute("SELECT 1 FROM sqlite_master WHERE name = 'interval'").fetchone():
            raise InputError(msg("a database, but none that `estab record` made"), path=self.path)
        self._base.execute("PRAGMA journal_mode = WAL")
        self._base.execute("PRAGMA synchronous = NORMAL")
        self._base.execute(f"PRAGMA max_page_count = {self._max_bytes // _PAGE_BYTES}")
        self._base.executescript(_SCHEMA)
        self._base.execute("INSERT OR IGNORE INTO meta VALUES ('schema', ?)", (str(SCHEMA_VERSION),))
        (version,) = self._base.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
        if int(version) > SCHEMA_VERSION:
            raise InputError(msg("made by a later version of estab (schema {version})", version=version), path=self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Closes the database; what was added is safe already."""
        self._base.close()

    @property
    def size_bytes(self) -> int:
        """Bytes that the intervals occupy."""
        pages, free = (self._base.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count"))
        return (int(pages) - int(free)) * _PAGE_BYTES

    def add(self, interval: Interval) -> None:
        """Keeps an interval, whole or not at all; the oldest make room where there is none."""
        with self._told():
            self._make_room(interval.to_ns)
            self._base.execute("BEGIN IMMEDIATE")
            try:
                self._write(interval)
                self._base.execute("COMMIT")
            except BaseException:
                self._names.clear()  # names of the interval that is not there
                if self._base.in_transaction:
                    self._base.execute("ROLLBACK")
                raise

    def _write(self, interval: Interval) -> None:
        row = self._base.execute(
            "INSERT INTO interval (from_ns, to_ns, partial) VALUES (?, ?, ?)", (interval.from_ns, interval.to_ns, interval.partial)
        ).lastrowid
        number = self._number
        self._base.executemany(
            "INSERT INTO state VALUES (?, ?, ?)", [(row, number(state), many) for state, many in interval.states.items()]
        )
        self._base.executemany("INSERT INTO moved VALUES (?, ?, ?)", [(row, number(name), by) for name, by in interval.moved.items()])
        self._base.executemany(
            "INSERT INTO peer VALUES (?, ?, ?, ?)",
            [(row, number(crowd.name), number(state), many) for crowd in interval.peers for state, many in crowd.states.items()],
        )
        self._base.executemany(
            "INSERT INTO listener VALUES (?, ?, ?, ?)", [(row, number(load.name), load.queue, load.limit) for load in interval.listeners]
        )
        self._base.executemany(
            "INSERT OR REPLACE INTO finding VALUES (?, ?, ?, ?, ?, ?)",
            [
                (row, number(seen.code), number(seen.place), number(seen.severity), seen.count, number(seen.text))
                for seen in interval.findings
            ],
        )

    def _number(self, text: str) -> int:
        known = self._names.get(text)
        if known is None:
            self._base.execute("INSERT OR IGNORE INTO name (text) VALUES (?)", (text,))
            known = int(self._base.execute("SELECT id FROM name WHERE text = ?", (text,)).fetchone()[0])
            self._names[text] = known
        return known

    def _make_room(self, now_ns: int) -> None:
        if self._keep_ns is not None:
            self._drop("to_ns < ?", now_ns - self._keep_ns)
        while self.size_bytes > self._max_bytes * _SLACK:
            (intervals,) = self._base.execute("SELECT count(*) FROM interval").fetchone()
            if intervals == 0:
                return
            (last,) = self._base.execute(
                "SELECT id FROM interval ORDER BY id LIMIT 1 OFFSET ?", (min(intervals - 1, intervals // _GONE_AT_ONCE),)
            ).fetchone()
            self._drop("id <= ?", last)

    def _drop(self, which: str, value: int) -> None:
        """Drops the intervals that a condition on the table of intervals names, their parts, and names that nobody uses any more."""
        (found,) = self._base.execute(f"SELECT count(*) FROM interval WHERE {which}", (value,)).fetchone()  # noqa: S608 - our own text
        if not found:
            return
        self._base.execute("BEGIN IMMEDIATE")
        for part in _NAMED:
            self._base.execute(f"DELETE FROM {part} WHERE interval IN (SELECT id FROM interval WHERE {which})", (value,))  # noqa: S608
        self._base.execute(f"DELETE FROM interval WHERE {which}", (value,))  # noqa: S608
        used = " UNION ".join(f"SELECT {column} FROM {part}" for part, columns in _NAMED.items() for column in columns)  # noqa: S608
        self._base.execute(f"DELETE FROM name WHERE id NOT IN ({used})")  # noqa: S608 - our own text
        self._base.execute("COMMIT")
        self._names.clear()
        self._base.execute("PRAGMA incremental_vacuum").fetchall()

    def intervals(self, from_ns: int = 0, to_ns: int = (1 << 63) - 1) -> Iterator[Interval]:
        """The intervals that overlap a span of time, oldest first."""
        with self._told():
            rows = self._base.execute(
                "SELECT id, from_ns, to_ns, partial FROM interval WHERE to_ns > ? AND from_ns < ? ORDER BY id", (from_ns, to_ns)
            ).fetchall()
        for row, began_ns, ended_ns, partial in rows:
            with self._told():
                yield self._read(row, began_ns, ended_ns, partial=bool(partial))

    def _read(self, row: int, from_ns: int, to_ns: int, *, partial: bool) -> Interval:
        peers: dict[str, dict[str, int]] = {}
        for peer, state, sockets in self._base.execute(_READ_PEERS, (row,)):
            peers.setdefault(peer, {})[state] = sockets
        crowds = sorted((Crowd(name, states) for name, states in peers.items()), key=lambda crowd: (-crowd.sockets, crowd.name))
        return Interval(
            from_ns=from_ns,
            to_ns=to_ns,
            partial=partial,
            states=dict(self._base.execute(_READ_STATES, (row,))),
            moved=dict(self._base.execute(_READ_MOVED, (row,))),
            peers=tuple(crowds),
            listeners=tuple(ListenerLoad(*values) for values in self._base.execute(_READ_LISTENERS, (row,))),
            findings=tuple(SeenFinding(*values) for values in self._base.execute(_READ_FINDINGS, (row,))),
        )

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of the database as one line for a person."""
        try:
            yield
        except sqlite3.DatabaseError as problem:
            code = getattr(problem, "sqlite_errorname", "")
            if code == "SQLITE_FULL":
                raise InputError(
                    msg("the disk (or the size allowed to this file) is full; what was kept before is safe"), path=self.path
                ) from None
            if code.startswith("SQLITE_NOTADB"):
                raise InputError(msg("not a database"), path=self.path) from None
            if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                raise InputError(msg("another recorder is writing to this file"), path=self.path) from None
            raise InputError(msg("the database cannot be used ({why})", why=str(problem)), path=self.path) from None
