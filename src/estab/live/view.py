"""A table of sockets with what is derived from it, each thing when it is first asked for."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from estab.live.ages import age_ms, idle_ms
from estab.snapshot import Owner
from estab.snapshot_table import SocketArray


class View:
    """The sockets of one snapshot, and the processes that hold them."""

    def __init__(self, table: SocketArray, owners: Mapping[int, tuple[Owner, ...]] | None = None, *, fin_timeout_ms: int = 60_000) -> None:
        self.table = table
        self.owners: Mapping[int, tuple[Owner, ...]] = owners or {}
        self._fin_timeout_ms = fin_timeout_ms

    def __len__(self) -> int:
        return len(self.table)

    @functools.cached_property
    def age_ms(self) -> npt.NDArray[np.int64]:
        """The least time in the present state, -1 where it is unknown."""
        return age_ms(self.table, self._fin_timeout_ms)

    @functools.cached_property
    def idle_ms(self) -> npt.NDArray[np.int64]:
        """The time since data moved, -1 where it is unknown."""
        return idle_ms(self.table)

    def owners_of(self, row: int) -> tuple[Owner, ...]:
        """The processes that hold one socket."""
        return self.owners.get(int(self.table["inode"][row]), ())

    def owner_texts(self, name: str) -> list[tuple[str, ...]]:
        """For each socket a field of its owners as texts, each text once."""
        spelled = {inode: _distinct(owners, name) for inode, owners in self.owners.items()}
        return [spelled.get(inode, ()) for inode in self.table["inode"].tolist()]


def _distinct(owners: tuple[Owner, ...], name: str) -> tuple[str, ...]:
    if len(owners) == 1:
        value: Any = getattr(owners[0], name)
        return (str(value),) if value != "" else ()
    return tuple(dict.fromkeys(str(getattr(owner, name)) for owner in owners if getattr(owner, name) != ""))
