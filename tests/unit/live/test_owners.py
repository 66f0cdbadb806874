"""Owners: found by their open files, described once for each process."""

from __future__ import annotations

import os
import pathlib
import socket
import time

import numpy as np
import pytest

from estab.instant import SECOND_NS
from estab.live.holders import Holders, find_holders
from estab.live.owners import describe, parse_limits, parse_stat, plain
from estab.snapshot import Owner

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
        holders = find_holders().of(np.array(list(inodes)))
        found, processes = describe(holders, boot_ns=time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME))
        assert {inode: [(owner.pid, owner.descriptor) for owner in found[inode]] for inode in inodes} == {
            inode: [(os.getpid(), descriptor)] for inode, descriptor in inodes.items()
        }
        assert len(found) == 2 and set(found) == set(inodes)
        mine = processes[os.getpid()]
        assert mine.open_files >= 2 and mine.nofile_soft > 0
        assert mine.command == pathlib.Path("/proc/self/comm").read_text(encoding="utf-8").strip()
        assert 0 < mine.started_ns <= time.time_ns()


def test_a_socket_of_nobody_is_not_there() -> None:
    found, processes = describe(find_holders().of(np.array([0])), 0)
    assert len(found) == 0 and found.get(0, ()) == () and processes == {}


def test_a_process_that_is_gone_leaves_its_number() -> None:
    seven = np.array([7])
    found, _ = describe(Holders(inodes=seven, pids=np.array([4_194_305]), descriptors=seven, open_files={}), 0)
    assert found[7] == (Owner(4_194_305, "", 7),)
