"""Which processes hold which sockets: the links in /proc/PID/fd, read once for all processes.

This is what costs most of everything read here: a system call for each open file of the host.  So nothing is made for a file but
two numbers, several processes are looked at side by side, and where the kernel tells how many files a process has (Linux 6.2), its
folder is not listed before.
"""

from __future__ import annotations

import concurrent.futures
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estab.live.proc import PROC

Numbers = npt.NDArray[np.int64]

MOST_THREADS = 4
MOST_GAPS = 256
"""So many descriptors in a row that are not in use, and the folder is listed after all."""
_SOCKET = "socket:["


@dataclass(frozen=True, slots=True, kw_only=True)
class Holders:
    """Descriptors of sockets as three columns in the order of `inodes`; and whom the search could not look at."""

    inodes: Numbers
    pids: Numbers
    descriptors: Numbers
    open_files: dict[int, int]
    """Number of open files of each process that was looked at."""
    hidden: int = 0
    """Processes whose open files may not be seen."""

    def of(self, inodes: npt.NDArray[np.integer]) -> Holders:
        """Those of some sockets."""
        chosen = np.isin(self.inodes, inodes.astype(np.int64))
        return Holders(
            inodes=self.inodes[chosen],
            pids=self.pids[chosen],
            descriptors=self.descriptors[chosen],
            open_files=self.open_files,
            hidden=self.hidden,
        )


@dataclass(slots=True)
class _Seen:
    """What one process holds."""

    pid: int
    inodes: list[int]
    descriptors: list[int]
    open_files: int = 0
    hidden: bool = False


def find_holders(among: Iterable[int] | None = None) -> Holders:
    """Looks at every process, or at these few."""
    if among is None:
        threads = min(MOST_THREADS, len(os.sched_getaffinity(0)))
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            seen = list(pool.map(_look, _processes()))
    else:
        seen = [_look(pid) for pid in sorted(set(among))]
    sizes = [len(one.inodes) for one in seen]
    inodes, pids, descriptors = (
        np.array([number for one in seen for number in one.inodes], np.int64),
        np.repeat(np.array([one.pid for one in seen], np.int64), sizes),
        np.array([number for one in seen for number in one.descriptors], np.int64),
    )
    order = np.lexsort([descriptors, pids, inodes])
    return Holders(
        inodes=inodes[order],
        pids=pids[order],
        descriptors=descriptors[order],
        open_files={one.pid: one.open_files for one in seen if one.open_files},
        hidden=sum(one.hidden for one in seen),
    )


def _processes() -> Iterator[int]:
    names = os.listdir(PROC)  # noqa: PTH208 - names are all that is wanted
    return (int(name) for name in names if name.isdecimal())


def _look(pid: int) -> _Seen:
    """The sockets of one process; of one that has ended nothing."""
    seen = _Seen(pid, [], [])
    try:
        folder = os.open(PROC / str(pid) / "fd", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError:
        seen.hidden = True
        return seen
    except OSError:
        return seen
    try:
        if not _read_in_turn(folder, seen):
            _read_listed(folder, seen)
    except PermissionError:
        seen.hidden = True
    except OSError:
        pass
    finally:
        os.close(folder)
    return seen


def _read_in_turn(folder: int, seen: _Seen) -> bool:
    """Reads descriptors from 0 on until as many were found as there are; False where that is not known, or where there are wide gaps."""
    left = seen.open_files = os.fstat(folder).st_size
    if not left:
        return False
    inodes, descriptors, read = seen.inodes, seen.descriptors, os.readlink
    descriptor = gap = 0
    while left:
        try:
            target = read(str(descriptor), dir_fd=folder)
        except FileNotFoundError:
            descriptor += 1
            gap += 1
            if gap > MOST_GAPS:
                inodes.clear()
                descriptors.clear()
                return False
            continue
        left -= 1
        gap = 0
        if target[:8] == _SOCKET:
            inodes.append(int(target[8:-1]))
            descriptors.append(descriptor)
        descriptor += 1
    return True


def _read_listed(folder: int, seen: _Seen) -> None:
    """Reads the descriptors that the folder lists."""
    names = os.listdir(folder)
    seen.open_files = len(names)
    for name in names:
        try:
            target = os.readlink(name, dir_fd=folder)
        except FileNotFoundError:
            continue
        if target[:8] == _SOCKET:
            seen.inodes.append(int(target[8:-1]))
            seen.descriptors.append(int(name))
