"""The journal of changes: whole or not at all, whatever happens to the disk."""

from __future__ import annotations

import errno
import json
import os
import pathlib
import tempfile
from dataclasses import asdict
from typing import Any

import pytest

from estab.errors import InputError, MisuseError
from estab.live.journal import SCHEMA, Change, Journal, default_place


def change(number: int = 1, **more: Any) -> Change:
    values: dict[str, Any] = {"time_ns": number, "boot": "b", "namespace": 7, "kernel_path": "net.ipv4.tcp_sack", "old": "0", "new": "1"}
    return Change(**(values | more))


@pytest.fixture
def journal(tmp_path: pathlib.Path) -> Journal:
    return Journal(tmp_path / "state" / "tune.json")


def test_changes_in_their_order(journal: Journal) -> None:
    with journal.locked():
        assert journal.read() == []
        for number in (1, 2, 3):
            journal.add(change(number))
        journal.remove(change(2))
        corrected = journal.correct(change(3), "2")
    assert Journal(journal.path).read() == [change(1), change(3, new="2")] and corrected.new == "2"
    assert [path.name for path in sorted(journal.path.parent.iterdir())] == ["tune.json", "tune.lock"]


def test_two_runs_are_kept_apart(journal: Journal) -> None:
    with journal.locked(), pytest.raises(MisuseError, match="another run"), Journal(journal.path).locked():
        raise AssertionError
    with Journal(journal.path).locked():
        pass


@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
def test_a_full_disk_leaves_the_old_journal(journal: Journal, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    with journal.locked():
        journal.add(change(1))
        before = journal.path.read_bytes()

        def full(*arguments: Any, **more: Any) -> Any:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            if call == "replace":
                patch.setattr(pathlib.Path, "replace", full)
            else:
                patch.setattr(os if call == "fsync" else tempfile, "fsync" if call == "fsync" else "NamedTemporaryFile", full)
            with pytest.raises(InputError, match="No space left"):
                journal.add(change(2))
        assert journal.path.read_bytes() == before
        assert [path.name for path in sorted(journal.path.parent.iterdir())] == ["tune.json", "tune.lock"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="cannot be kept"), Journal(tmp_path / "file" / "tune.json").locked():
        raise AssertionError


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no journal"),
        ("[]", "no journal"),
        ("{}", "no journal"),
        (json.dumps({"schema": SCHEMA, "changes": [{"old": 1}]}), "no journal"),
        (json.dumps({"schema": SCHEMA, "changes": [asdict(change(time_ns="1"))]}), "no journal"),
        (json.dumps({"schema": "estab.tune-journal/9", "changes": []}), "another version"),
    ],
)
def test_a_file_that_is_no_journal_is_left_as_it_is(journal: Journal, content: str, said: str) -> None:
    journal.path.parent.mkdir()
    journal.path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        journal.read()
    assert journal.path.read_text(encoding="utf-8") == content


def test_where_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ESTAB_STATE_DIR", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_place() == pathlib.Path("/var/lib/estab/tune.json")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_STATE_HOME", "/home/x/state")
    assert default_place() == pathlib.Path("/home/x/state/estab/tune.json")
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/home/x")
    assert default_place() == pathlib.Path("/home/x/.local/state/estab/tune.json")
    monkeypatch.setenv("ESTAB_STATE_DIR", "/elsewhere")
    assert default_place() == pathlib.Path("/elsewhere/tune.json")
