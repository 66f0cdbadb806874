"""Owners of the sockets that a screen or a recorder names, looked for once a socket: the search walks all open files of the host."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import numpy as np

from estab.live.holders import Holders, find_holders
from estab.live.owners import describe
from estab.snapshot import Owner

MOST_KEPT = 50_000


class OwnerMemory:
    """Remembers whose a socket is.  One that nobody seemed to hold is looked for again after a few asks: it may have been passed on."""

    def __init__(self, boot_ns: int, *, search: Callable[[], Holders] = find_holders, patience: int = 5) -> None:
        self._boot_ns, self._search, self._patience = boot_ns, search, patience
        self._known: dict[int, tuple[Owner, ...]] = {}
        self._missed: dict[int, int] = {}

    def owners_of(self, inodes: Collection[int]) -> Mapping[int, tuple[Owner, ...]]:
        """Owners by inode; 0 is nobody's."""
        wanted = {inode for inode in inodes if inode and inode not in self._known and self._missed.get(inode, 0) == 0}
        if wanted:
            if len(self._known) > MOST_KEPT:
                self._known.clear()
            found, _ = describe(self._search().of(np.array(sorted(wanted), np.int64)), self._boot_ns)
            self._known |= found
            self._missed |= dict.fromkeys(wanted - set(found), self._patience + 1)
        self._missed = {inode: asks - 1 for inode, asks in self._missed.items() if asks > 1}
        return {inode: self._known[inode] for inode in inodes if inode in self._known}
