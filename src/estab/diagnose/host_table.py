"""The socket tables of two snapshots as columns over the later one: what a socket is now, what it was, and which ones have gone.

Sockets are the same when their cookie is (the kernel gives each one its own).  TIME-WAIT and half-open entries get a new cookie when a
socket turns into them, so that these are also recognised by both ends.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from estab.diagnose.finding import SocketName
from estab.flow import Endpoint
from estab.machine.states import State
from estab.snapshot import TcpOption, TimerKind
from estab.snapshot_table import SOCKET, SocketArray, endpoint_of

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Column = npt.NDArray[Any]

LOOPBACK_V4 = 127
_MIX = np.uint64(0x9E3779B97F4A7C15)


def end_keys(table: SocketArray, side: str, *, port: bool = True) -> Column:
    """A number for each row that is equal where the end (`local` or `remote`) is: its address, and its port unless told otherwise."""
    words = table[f"{side}_address"].astype(np.uint64)
    key = table[f"{side}_port"].astype(np.uint64) if port else np.zeros(len(table), np.uint64)
    with np.errstate(over="ignore"):
        for place in range(4):
            key = (key ^ words[:, place]) * _MIX
            key ^= key >> np.uint64(29)
    return np.asarray(key)


def pair_keys(table: SocketArray) -> Column:
    """A number for each row that is equal where both ends are."""
    with np.errstate(over="ignore"):
        return np.asarray(end_keys(table, "local") * np.uint64(3) ^ end_keys(table, "remote"))


def places_of(wanted: Column, among: Column) -> Rows:
    """For each wanted key the row in `among` that has it, -1 where none has."""
    if not len(among):
        return np.full(len(wanted), -1, np.int64)
    order = np.argsort(among, kind="stable")
    found = np.minimum(np.searchsorted(among[order], wanted), len(among) - 1)
    rows = order[found]
    return np.where(among[rows] == wanted, rows, -1)


class HostTable:
    """Two tables, the later one in the front; all masks and columns have one entry for each row of it."""

    def __init__(self, before: SocketArray | None, after: SocketArray | None) -> None:
        self.earlier: SocketArray = np.zeros(0, SOCKET) if before is None else before
        self.table: SocketArray = np.zeros(0, SOCKET) if after is None else after
        self.count = len(self.table)
        self._columns: dict[str, Column] = {}

    # --- columns ------------------------------------------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> Column:
        """A column of the later table, as signed numbers."""
        if name not in self._columns:
            column = self.table[name]
            self._columns[name] = column if column.dtype.kind in "bS" else column.astype(np.int64)
        return np.asarray(self._columns[name])

    def was(self, name: str) -> Column:
        """What the column was in the earlier table; 0 for a socket that was not there."""
        key = f"was {name}"
        if key not in self._columns:
            column = self.earlier[name].astype(np.int64)
            self._columns[key] = np.where(self.was_row >= 0, column[self.was_row], 0) if len(column) else np.zeros(self.count, np.int64)
        return np.asarray(self._columns[key])

    def grew(self, name: str) -> Column:
        """By how much a column has grown between the tables; of a new socket all it has counted; never below 0."""
        return np.asarray(np.maximum(self[name] - self.was(name), 0))

    @functools.cached_property
    def was_row(self) -> Rows:
        """The row that each socket had in the earlier table, -1 for a new one."""
        by_cookie = places_of(self.table["cookie"], self.earlier["cookie"])
        nameless = (by_cookie < 0) | (self.table["cookie"] == 0)
        if not nameless.any() or not len(self.earlier):
            return np.where(nameless, -1, by_cookie)
        rows = np.flatnonzero(nameless)
        earlier = places_of(pair_keys(self.table[rows]), pair_keys(self.earlier))
        same = (earlier >= 0) & (self.earlier["state"][earlier] == self.table["state"][rows])
        cookies = self.table["cookie"][rows], self.earlier["cookie"][earlier]
        small = np.isin(self.table["state"][rows], (int(State.TIME_WAIT), int(State.SYN_RECEIVED)))
        same &= small | (cookies[0] == 0) | (cookies[1] == 0)
        by_cookie[rows] = np.where(same, earlier, -1)
        return by_cookie

    @functools.cached_property
    def stayed(self) -> Mask:
        """The socket was there before, in the same state."""
        earlier = self.was_row
        if not len(self.earlier):
            return np.zeros(self.count, bool)
        return np.asarray((earlier >= 0) & (self.earlier["state"][earlier] == self.table["state"]))

    @functools.cached_property
    def is_new(self) -> Mask:
        """The socket was not in the earlier table."""
        return np.asarray(self.was_row < 0)

    @functools.cached_property
    def gone(self) -> Rows:
        """Rows of the EARLIER table whose sockets are not in the later one."""
        left = np.ones(len(self.earlier), bool)
        left[self.was_row[self.was_row >= 0]] = False
        return np.flatnonzero(left)

    # --- masks --------------------------------------------------------------------------------------------------------------------

    def state(self, *states: State) -> Mask:
        """Sockets in one of these states."""
        return np.isin(self.table["state"], [int(state) for state in states])

    def timer(self, *kinds: TimerKind) -> Mask:
        """Sockets whose running timer is one of these."""
        return np.isin(self.table["timer"], [int(kind) for kind in kinds])

    @functools.cached_property
    def whole(self) -> Mask:
        """Full sockets with TCP_INFO; TIME-WAIT, half-open entries and orphaned FIN-WAIT-2 are none."""
        return np.asarray(self["has_info"] & ~self.state(State.LISTEN))

    @functools.cached_property
    def small_wait(self) -> Mask:
        """Entries that the kernel keeps instead of a socket: TIME-WAIT, and FIN-WAIT-2 whose process has closed."""
        return np.asarray(self.timer(TimerKind.TIME_WAIT) | self.state(State.TIME_WAIT))

    @functools.cached_property
    def listening(self) -> Mask:
        """Listeners."""
        return self.state(State.LISTEN)

    @functools.cached_property
    def listened_ports(self) -> frozenset[int]:
        """Ports on which somebody listens, or listened at the earlier moment."""
        earlier = self.earlier["local_port"][self.earlier["state"] == State.LISTEN]
        return frozenset(self.table["local_port"][self.listening].tolist()) | frozenset(earlier.tolist())

    @functools.cached_property
    def inbound(self) -> Mask:
        """Connections that were accepted: somebody listens on their local port."""
        return np.isin(self.table["local_port"], list(self.listened_ports)) & ~self.listening

    @functools.cached_property
    def outbound(self) -> Mask:
        """Connections that were opened here."""
        return np.asarray(~self.inbound & ~self.listening)

    @functools.cached_property
    def loopback(self) -> Mask:
        """Both ends are on this host, by their addresses."""
        return loopback(self.table)

    def has_option(self, option: TcpOption) -> Mask:
        """Both ends agreed on the option."""
        return np.asarray((self["options"] & int(option)) != 0)

    # --- names --------------------------------------------------------------------------------------------------------------------

    def local(self, row: int) -> Endpoint:
        """This host's end."""
        return endpoint_of(self.table, row, "local")

    def remote(self, row: int) -> Endpoint:
        """The other end."""
        return endpoint_of(self.table, row, "remote")

    def name(self, row: int) -> SocketName:
        """The socket of a row, as findings name it."""
        return socket_name(self.table, row)


def socket_name(table: SocketArray, row: int) -> SocketName:
    """The socket of a row of any table."""
    return SocketName(endpoint_of(table, row, "local"), endpoint_of(table, row, "remote"), State(int(table["state"][row])))


def loopback(table: SocketArray) -> Mask:
    """Which rows of any table have both ends on this host, by their addresses."""
    same = (table["local_address"] == table["remote_address"]).all(axis=1)
    return np.asarray(same | is_loopback(table["remote_address"]))


def is_loopback(addresses: Column) -> Mask:
    """Which addresses (four words each) are 127.0.0.0/8 or ::1."""
    mapped = (addresses[:, 0] == 0) & (addresses[:, 1] == 0) & (addresses[:, 2] == 0xFFFF) & (addresses[:, 3] >> 24 == LOOPBACK_V4)
    six = (addresses[:, 0] == 0) & (addresses[:, 1] == 0) & (addresses[:, 2] == 0) & (addresses[:, 3] == 1)
    return np.asarray(mapped | six)


def is_any(addresses: Column) -> Mask:
    """Which addresses are 0.0.0.0 or [::]."""
    upper = (addresses[:, 0] == 0) & (addresses[:, 1] == 0) & (addresses[:, 3] == 0)
    return np.asarray(upper & ((addresses[:, 2] == 0) | (addresses[:, 2] == 0xFFFF)))
