"""Network namespaces: found by name and by process; refusals say what is needed."""

from __future__ import annotations

import os
import pathlib

import pytest

from estab.errors import InputError, MisuseError, PermissionNeeded
from estab.live import namespaces
from estab.live.namespaces import Namespace, call_inside, named_namespace, namespace_of_process, own_namespace

OWN = pathlib.Path("/proc/self/ns/net").stat().st_ino


def test_a_call_in_the_own_namespace_needs_no_thread_and_no_right() -> None:
    assert own_namespace().inode == OWN
    assert call_inside(None, os.getpid) == call_inside(namespace_of_process(os.getpid()), os.getpid) == os.getpid()


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden"])
def test_names_that_would_lead_elsewhere(name: str) -> None:
    with pytest.raises(MisuseError, match="no name"):
        named_namespace(name)


def test_an_unknown_name_is_told_with_the_known_ones(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    (tmp_path / "blue").write_bytes(b"")
    monkeypatch.setattr(namespaces, "FOLDER", tmp_path)
    with pytest.raises(MisuseError, match="no network namespace red; there are blue"):
        named_namespace("red")
    assert named_namespace("blue").name == "blue"
    monkeypatch.setattr(namespaces, "FOLDER", tmp_path / "none")
    with pytest.raises(MisuseError, match="no named ones"):
        named_namespace("red")


def test_no_such_process() -> None:
    with pytest.raises(MisuseError, match="no process 4194305"):
        namespace_of_process(4_194_305)


def test_what_is_no_namespace_cannot_be_entered(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    error, told = (InputError, "gone") if os.geteuid() == 0 else (PermissionNeeded, "CAP_SYS_ADMIN")
    with pytest.raises(error, match=told):
        call_inside(Namespace(tmp_path / "file", 1), os.getpid)


def test_errors_of_the_call_come_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespaces, "_enter", lambda _: None)

    def fail() -> int:
        raise KeyError("x")

    with pytest.raises(KeyError):
        call_inside(Namespace(pathlib.Path("/x"), 1), fail)


def test_a_namespace_that_is_gone_is_told(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match="this network namespace is gone"):
        call_inside(Namespace(tmp_path / "gone", 1, "blue"), lambda: 1)
