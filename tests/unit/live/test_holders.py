"""Which processes hold which sockets, in whatever way the kernel lets them be found."""

from __future__ import annotations

import os
import socket
from typing import Any

import numpy as np
import pytest

from estab.live import holders
from estab.live.holders import Holders, find_holders


def mine(found: Holders, inode: int) -> list[int]:
    chosen: list[int] = found.descriptors[(found.inodes == inode) & (found.pids == os.getpid())].tolist()
    return chosen


@pytest.fixture(params=["as it is", "an older kernel"])
def kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """This kernel, and one that does not tell how many files a process has."""
    if request.param == "an older kernel":
        monkeypatch.setattr(holders, "_read_in_turn", lambda *_: False)


@pytest.mark.usefixtures("kernel")
def test_sockets_and_their_copies() -> None:
    with socket.socket() as one, socket.socket() as other:
        copy = os.dup(one.fileno())
        try:
            found = find_holders()
            assert mine(found, os.fstat(copy).st_ino) == sorted([one.fileno(), copy])
            assert mine(found, os.fstat(other.fileno()).st_ino) == [other.fileno()]
            assert found.open_files[os.getpid()] >= 6
        finally:
            os.close(copy)
    assert np.all(np.diff(found.inodes) >= 0)


@pytest.mark.usefixtures("kernel")
def test_far_apart_descriptors_are_found() -> None:
    with socket.socket() as one:
        far = 900
        os.dup2(one.fileno(), far)
        try:
            assert far in mine(find_holders(), os.fstat(far).st_ino)
        finally:
            os.close(far)


def test_only_some_sockets() -> None:
    found = find_holders()
    with socket.socket() as one:
        found = find_holders()
        few = found.of(np.array([os.fstat(one.fileno()).st_ino], np.uint32))
        assert set(few.inodes.tolist()) == {os.fstat(one.fileno()).st_ino} and few.open_files == found.open_files


@pytest.mark.parametrize(("code", "hidden"), [(13, 1), (1, 1), (3, 0)])
@pytest.mark.parametrize("call", ["open", "readlink"])
def test_processes_that_hide_their_files_are_counted(monkeypatch: pytest.MonkeyPatch, call: str, code: int, hidden: int) -> None:
    def refuse(*arguments: Any, **more: Any) -> Any:
        raise OSError(code, "refused")

    monkeypatch.setattr(holders, "_processes", lambda: iter([os.getpid()]))
    monkeypatch.setattr(os, call, refuse)
    found = find_holders()
    assert (found.hidden, len(found.inodes)) == (hidden, 0)


def test_processes_that_end_meanwhile_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holders, "_processes", lambda: iter([4_194_305, os.getpid()]))
    found = find_holders()
    assert found.hidden == 0 and set(found.pids.tolist()) <= {os.getpid()}
