"""The processes that hold sockets, described: command, container, unit, age, limits.

A socket belongs to no process where it is a TIME-WAIT, a half-open entry, or an orphan whose process has closed it (`inode` is 0);
one with an inode and without a process is the kernel's own, or its process is hidden from the reader.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from estab.instant import SECOND_NS
from estab.live.cgroups import container_of, path_of_group, unit_of
from estab.live.holders import Holders
from estab.live.proc import read_proc
from estab.snapshot import Owner, Process

_LONGEST_COMMAND_LINE = 4096
_STARTED_FIELD = 19
"""Field 22 of /proc/PID/stat, counted behind the command's closing bracket."""


class OwnersByInode(Mapping[int, tuple[Owner, ...]]):
    """The owners of each socket by its inode; made when they are asked for, because there may be hundreds of thousands."""

    def __init__(self, holders: Holders, told: Mapping[int, _Asked]) -> None:
        self._told = told
        inodes, first, counts = np.unique(holders.inodes, return_index=True, return_counts=True)
        self._places = dict(zip(inodes.tolist(), zip(first.tolist(), counts.tolist(), strict=True), strict=True))
        self._pids, self._descriptors = holders.pids, holders.descriptors

    def __getitem__(self, inode: int) -> tuple[Owner, ...]:
        first, count = self._places[inode]
        pairs = zip(self._pids[first : first + count].tolist(), self._descriptors[first : first + count].tolist(), strict=True)
        return tuple([self._told[pid].owner(descriptor) for pid, descriptor in pairs])

    def __iter__(self) -> Iterator[int]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def describe(holders: Holders, boot_ns: int) -> tuple[OwnersByInode, dict[int, Process]]:
    """Owners by inode and the processes among them; each process is asked once.  `boot_ns` is when the host started."""
    told = {pid: _ask(pid, holders.open_files.get(pid, -1), boot_ns) for pid in np.unique(holders.pids).tolist()}
    return OwnersByInode(holders, told), {pid: one.process for pid, one in told.items()}


@dataclass(frozen=True, slots=True)
class _Asked:
    process: Process
    command_line: str
    container: str
    unit: str

    def owner(self, descriptor: int) -> Owner:
        """The process as the owner of one socket."""
        process = self.process
        return Owner(process.pid, process.command, descriptor, self.command_line, self.container, self.unit, process.started_ns)


def _ask(pid: int, open_files: int, boot_ns: int) -> _Asked:
    """What /proc tells of a process; what may not be read, or is gone, is left empty."""
    command, started_ns = parse_stat(_read(pid, "stat"), boot_ns, os.sysconf("SC_CLK_TCK"))
    soft, hard = parse_limits(_read(pid, "limits"))
    group = path_of_group(_read(pid, "cgroup"))
    line = _read(pid, "cmdline")[:_LONGEST_COMMAND_LINE].rstrip("\0").replace("\0", " ")
    process = Process(pid=pid, command=plain(command), open_files=open_files, nofile_soft=soft, nofile_hard=hard, started_ns=started_ns)
    return _Asked(process, plain(line), container_of(group), unit_of(group))


def _read(pid: int, name: str) -> str:
    try:
        return read_proc(f"{pid}/{name}")
    except OSError:
        return ""


def plain(text: str) -> str:
    r"""A name that a process chose itself, without anything that a terminal would obey.

    >>> plain("a\x1b[31mb")
    'a?[31mb'
    """
    return "".join(character if character.isprintable() else "?" for character in text)


def parse_stat(text: str, boot_ns: int, ticks_per_s: int) -> tuple[str, int]:
    """The command and when it started, of /proc/PID/stat; the command may hold brackets and spaces itself."""
    begin, end = text.find("("), text.rfind(")")
    fields = text[end + 1 :].split()
    if begin < 0 or end < begin or len(fields) <= _STARTED_FIELD:
        return "", 0
    return text[begin + 1 : end], boot_ns + int(fields[_STARTED_FIELD]) * SECOND_NS // ticks_per_s


def parse_limits(text: str) -> tuple[int, int]:
    """Soft and hard limit of open files; -1 for unlimited or where it is not told."""
    for line in text.splitlines():
        if line.startswith("Max open files"):
            soft, hard = line.removeprefix("Max open files").split()[:2]
            return _limit(soft), _limit(hard)
    return -1, -1


def _limit(word: str) -> int:
    return int(word) if word.isdecimal() else -1
