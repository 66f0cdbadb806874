"""Which processes hold which sockets: the links in /proc/PID/fd, read once for all processes.

A socket belongs to no process where it is a TIME-WAIT, a half-open entry, or an orphan whose process has closed it (`inode` is 0);
one with an inode and without a process is the kernel's own, or its process is hidden from the reader.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import gc
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from estab.instant import SECOND_NS
from estab.live.cgroups import container_of, path_of_group, unit_of
from estab.live.proc import PROC, read_proc
from estab.snapshot import Owner, Process

_SOCKET = "socket:["
_LONGEST_COMMAND_LINE = 4096
MOST_THREADS = 4
_STARTED_FIELD = 19
"""Field 22 of /proc/PID/stat, counted behind the command's closing bracket."""


@dataclass(slots=True)
class Holders:
    """What the search found: by inode the descriptors, as (pid, descriptor); and whom it could not look at."""

    by_inode: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    open_files: dict[int, int] = field(default_factory=dict)
    """Number of open files of each process that was looked at."""
    hidden: int = 0
    """Processes whose open files may not be seen."""


def find_holders(wanted: Collection[int] | None = None) -> Holders:
    """Looks at every process; with `wanted` only these inodes are kept."""
    holders = Holders()
    keep = None if wanted is None else frozenset(wanted)
    with _without_collector():
        _look_at_all(holders, keep)
    return holders


@contextlib.contextmanager
def _without_collector() -> Iterator[None]:
    """Hundreds of thousands of small objects that all live on: looking for garbage among them takes longer than making them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _look_at_all(holders: Holders, keep: frozenset[int] | None) -> None:
    """Notes the sockets of every process that may be looked at; several at once, because the kernel does most of the work."""
    threads = min(MOST_THREADS, len(os.sched_getaffinity(0)))
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        holders.hidden += sum(pool.map(lambda pid: _hides(pid, holders, keep), _processes()))


def _hides(pid: int, holders: Holders, keep: frozenset[int] | None) -> bool:
    """Notes the sockets of one process; True where its open files may not be seen."""
    try:
        folder = os.open(PROC / str(pid) / "fd", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError:
        return True
    except OSError:
        return False  # it has ended
    try:
        _look(pid, folder, holders, keep)
    except PermissionError:
        return True
    except OSError:
        return False
    finally:
        os.close(folder)
    return False


def _processes() -> Iterator[int]:
    names = os.listdir(PROC)  # noqa: PTH208 - names are all that is wanted
    return (int(name) for name in names if name.isdecimal())


def _look(pid: int, folder: int, holders: Holders, keep: frozenset[int] | None) -> None:
    """Notes the sockets of one process."""
    names = os.listdir(folder)
    holders.open_files[pid] = len(names)
    found, read = holders.by_inode, os.readlink
    for name in names:
        try:
            target = read(name, dir_fd=folder)
        except OSError:
            continue
        if target[:8] == _SOCKET:
            inode = int(target[8:-1])
            if keep is None or inode in keep:
                found.setdefault(inode, []).append((pid, int(name)))


def describe(holders: Holders, boot_ns: int) -> tuple[dict[int, tuple[Owner, ...]], dict[int, Process]]:
    """Owners by inode and the processes among them; each process is asked once.  `boot_ns` is when the host started."""
    pids = {pid for pairs in holders.by_inode.values() for pid, _ in pairs}
    told = {pid: _ask(pid, holders.open_files.get(pid, -1), boot_ns) for pid in pids}
    with _without_collector():
        owners = {
            inode: tuple([told[pid].owner(descriptor) for pid, descriptor in sorted(pairs)]) for inode, pairs in holders.by_inode.items()
        }
    return owners, {pid: one.process for pid, one in told.items()}


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
