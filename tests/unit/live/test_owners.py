"""Owners: found by their open files, described once for each process."""

from __future__ import annotations

import os
import pathlib
import socket
import time

import pytest

from estab.instant import SECOND_NS
from estab.live.owners import describe, find_holders, parse_limits, parse_stat, plain

STAT = "42 (a (b) c) S " + " ".join(str(number) for number in range(4, 30))


def test_a_command_may_hold_brackets_and_spaces() -> None:
    assert parse_stat(STAT, boot_ns=5, ticks_per_s=100) == ("a (b) c", 5 + 22 * SECOND_NS // 100)


@pytest.mark.parametrize("text", ["", "42", "42 (cut", "42 (a) S 1 2"])
def test_a_process_that_is_gone_has_no_name(text: str) -> None:
    assert parse_stat(text, 5, 100) == ("", 0)


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        (
            "Max cpu time  unlimited unlimited seconds\nMax open files            1024                 524288               files\n",
            (1024, 524288),
        ),
        ("Max open files            unlimited            unlimited            files\n", (-1, -1)),
        ("", (-1, -1)),
    ],
)
def test_limits_of_open_files(text: str, limits: tuple[int, int]) -> None:
    assert parse_limits(text) == limits


def test_what_a_terminal_would_obey_is_taken_out() -> None:
    assert plain("ok\x1b]0;x\x07\n") == "ok?]0;x??" and plain("北京 x") == "北京 x"


def test_this_process_owns_its_sockets() -> None:
    with socket.socket() as first, socket.socket() as second:
        inodes = {os.fstat(one.fileno()).st_ino: one.fileno() for one in (first, second)}
        holders = find_holders(inodes)
        found, processes = describe(holders, boot_ns=time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME))
        assert {inode: [(owner.pid, owner.descriptor) for owner in found[inode]] for inode in inodes} == {
            inode: [(os.getpid(), descriptor)] for inode, descriptor in inodes.items()
        }
        assert len(found) == 2
        mine = processes[os.getpid()]
        assert mine.open_files >= 2 and mine.nofile_soft > 0
        assert mine.command == pathlib.Path("/proc/self/comm").read_text(encoding="utf-8").strip()
        assert 0 < mine.started_ns <= time.time_ns()


def test_without_a_wish_all_sockets_are_found() -> None:
    with socket.socket() as one:
        inode = os.fstat(one.fileno()).st_ino
        assert (os.getpid(), one.fileno()) in find_holders().by_inode[inode]


def test_a_shared_socket_has_both_owners() -> None:
    with socket.socket() as one:
        other = os.dup(one.fileno())
        try:
            pairs = find_holders([os.fstat(other).st_ino]).by_inode[os.fstat(other).st_ino]
            assert sorted(pairs) == sorted([(os.getpid(), one.fileno()), (os.getpid(), other)])
        finally:
            os.close(other)


def test_processes_that_hide_their_files_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: object, flags: int) -> int:
        raise PermissionError(13, "no") if str(path).endswith(f"/{os.getpid()}/fd") else FileNotFoundError(2, "gone")

    monkeypatch.setattr(os, "open", refuse)
    assert find_holders().hidden == 1
