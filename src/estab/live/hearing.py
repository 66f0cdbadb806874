"""What happens between two readings of a host, heard by a thread of its own: sockets that end, and who opens connections.

The ends of sockets are told to everybody.  Who opened one that had ended by the second reading is known only from the tracepoint of
changes of state, which asks for root; without it that is not seen, and `Heard.unseen` says so.  The same tells where an attempt led that
failed within a blocking connect(): the kernel has cleared its ends before it tells of its end.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading

import numpy as np

from estab.errors import MisuseError, PermissionNeeded
from estab.flow import Endpoint, parse_address
from estab.live.ends import SocketEnds, with_known_ends
from estab.live.namespaces import Namespace, call_inside, own_namespace
from estab.live.proc import PROC
from estab.live.state_changes import ATTEMPTS, StateChanges
from estab.live.unseen import reason_of
from estab.machine.states import State
from estab.snapshot import Owner
from estab.snapshot_table import SOCKET, Heard, SocketArray, endpoint_of, joined
from estab.text import Text

PATIENCE_S = 0.2
TOGETHER_S = 0.01
"""Behind the first end that is told, so long is waited for others: each look costs more than what it brings."""
MOST_KEPT = 500_000
"""Ends that are kept of one interval; others are counted as lost."""


class Hearing:
    """Listens in a network namespace (None: the caller's own) until it is closed."""

    def __init__(self, namespace: Namespace | None) -> None:
        self._inode = (namespace or own_namespace()).inode
        self._ended: list[SocketArray] = []
        self._openers: dict[Endpoint, dict[Owner, int]] = {}
        self._failed: dict[tuple[int, str], tuple[Endpoint, Endpoint]] = {}
        self._at_home: dict[int, bool] = {}
        self._kept = self._lost = 0
        self._lock, self._closed = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="ends of sockets", daemon=True)
        self._deaf: Text | str | None = None
        self._unseen: Text | str | None = None
        self._ends: SocketEnds | None = None
        self._changes: StateChanges | None = None
        try:
            self._ends = call_inside(namespace, SocketEnds)
        except (MisuseError, OSError) as problem:
            self._deaf = reason_of(problem)
            return
        try:
            self._changes = StateChanges(ATTEMPTS)
        except (PermissionNeeded, OSError) as problem:
            self._unseen = reason_of(problem)

        self._thread.start()

    def _run(self) -> None:
        ends = self._ends
        while ends is not None and not self._closed.is_set():
            if select.select([ends], [], [], PATIENCE_S)[0]:
                self._closed.wait(TOGETHER_S)
            with self._lock:
                self._drain()

    def _drain(self) -> None:
        """Takes all that has been told."""
        while self._ends is not None and self._take(self._ends.read()):
            pass
        self._note_openers()

    def _take(self, ended: SocketArray) -> int:
        room = max(MOST_KEPT - self._kept, 0)
        if len(ended):
            self._ended.append(ended[:room])
            self._kept += len(ended[:room])
            self._lost += len(ended) - len(ended[:room])
        return len(ended)

    def _note_openers(self) -> None:
        for change in self._changes.read() if self._changes is not None else ():
            if change.new is State.CLOSED:
                self._failed[change.local.port, change.remote.address] = change.local, change.remote
            elif self._is_at_home(change.pid):
                counts = self._openers.setdefault(change.remote, {})
                owner = Owner(pid=change.pid, command=change.command)
                counts[owner] = counts.get(owner, 0) + 1

    def _is_at_home(self, pid: int) -> bool:
        """False for a process that is known to live in another namespace: the tracepoint tells of all."""
        if pid not in self._at_home:
            try:
                self._at_home[pid] = os.stat(PROC / str(pid) / "ns" / "net").st_ino == self._inode  # noqa: PTH116 - a number is wanted
            except OSError:
                return True
        return self._at_home[pid]

    def take(self, before: SocketArray | None) -> Heard:
        """What was heard since the last call, with what an earlier table knows of it."""
        if self._ends is None:
            return Heard(ended=np.zeros(0, SOCKET), deaf=self._deaf)
        with self._lock:
            self._drain()
            told, openers, failed = joined(self._ended), self._openers, self._failed
            lost, self._ends.lost = self._lost + self._ends.lost, 0
            if self._changes is not None:
                lost, self._changes.lost = lost + self._changes.lost, 0
            self._ended, self._openers, self._failed, self._at_home, self._kept, self._lost = [], {}, {}, {}, 0, 0
        _name_ends(told, failed)
        ended = with_known_ends(told, before) if before is not None else told
        return Heard(ended=ended, openers=openers, lost=lost, unseen=self._unseen)

    def close(self) -> None:
        """Listens no longer."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()
        for open_one in (self._ends, self._changes):
            if open_one is not None:
                with contextlib.suppress(OSError):
                    open_one.close()


def _name_ends(ended: SocketArray, failed: dict[tuple[int, str], tuple[Endpoint, Endpoint]]) -> None:
    """Puts back the ends of attempts that failed, where the kernel had cleared them."""
    for row in np.flatnonzero(ended["remote_port"] == 0).tolist():
        remote = endpoint_of(ended, row, "remote")
        if (ends := failed.get((int(ended["local_port"][row]), remote.address))) is not None:
            for side, end in zip(("local", "remote"), ends, strict=True):
                ended[f"{side}_address"][row], ended[f"{side}_port"][row] = parse_address(end.address), end.port
