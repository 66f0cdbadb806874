"""Sockets that cease to exist, told by the kernel as it happens (multicast groups of sock_diag).

A destroyed socket is always told as CLOSED and without an inode, and after an abortive local close its source address and its peer's
port are already zero.  Its cookie is still its own: with a table that was read before, `with_known_ends` puts back what is known.
Listeners, and connections that were refused, are told as well.  No capability is needed.
"""

from __future__ import annotations

import errno
import socket
import time
from types import TracebackType
from typing import Self

import numpy as np

from estab.errors import MisuseError
from estab.live.messages import Reader, chain
from estab.live.sock_diag import NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY
from estab.live.unseen import reason_of
from estab.snapshot_table import SOCKET, SocketArray
from estab.text import msg

GROUPS = 1 << (1 - 1) | 1 << (3 - 1)
"""SKNLGRP_INET_TCP_DESTROY and SKNLGRP_INET6_TCP_DESTROY (include/uapi/linux/sock_diag.h)."""
SO_RCVBUFFORCE = 33
_BUFFER_BYTES, _MOST_MESSAGE_BYTES = 1 << 20, 1 << 13
_QUEUE_BYTES = 8 << 20
_KNOWN = ("local_address", "remote_address", "local_port", "remote_port", "inode", "uid", "state")


class SocketEnds:
    """Listens in the network namespace of the thread that makes it; `lost` counts the times that the kernel could not keep up."""

    def __init__(self) -> None:
        self.lost = 0
        self._reader = Reader()
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))
        self._heard = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_SOCK_DIAG)
        try:
            self._make_room()
            self._heard.bind((0, GROUPS))
        except OSError as problem:
            self._heard.close()
            raise MisuseError(msg("the ends of sockets are not told here: {reason}", reason=reason_of(problem))) from None

    def _make_room(self) -> None:
        """As much as is wanted with CAP_NET_ADMIN, else what net.core.rmem_max allows."""
        try:
            self._heard.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, _QUEUE_BYTES)
        except PermissionError:
            self._heard.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _QUEUE_BYTES)

    def read(self, wait_s: float = 0.0) -> SocketArray:
        """Sockets that ended since the last call, as many as fit into the buffer; waits for the first one for so many seconds."""
        at = self._receive(wait_s)
        places = chain(self._buffer.cast("I"), at)
        kinds = np.frombuffer(self._buffer, np.uint16)[(places >> 1) + 2]
        rows = np.zeros(int((kinds == SOCK_DIAG_BY_FAMILY).sum()), SOCKET)
        self._reader.read(self._buffer, places[kinds == SOCK_DIAG_BY_FAMILY], rows)
        return rows

    def _receive(self, wait_s: float) -> int:
        """Fills the buffer with messages, one behind the other: taken apart together they cost a tenth; gives the end of the last one."""
        deadline, at = time.monotonic() + wait_s, 0
        while at + _MOST_MESSAGE_BYTES <= len(self._buffer):
            self._heard.settimeout(0.0 if at else max(0.0, deadline - time.monotonic()))
            try:
                at += (self._heard.recv_into(self._buffer[at:]) + 3) // 4 * 4
            except (BlockingIOError, TimeoutError):
                break
            except OSError as problem:
                if problem.errno != errno.ENOBUFS:
                    raise
                self.lost += 1
        return at

    def fileno(self) -> int:
        """What `select` waits for."""
        return self._heard.fileno()

    def close(self) -> None:
        """Listens no longer."""
        self._heard.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def with_known_ends(ended: SocketArray, before: SocketArray) -> SocketArray:
    """The same sockets with ends, inode, user and state as they were in an earlier table, where that has their cookies."""
    result = ended.copy()
    if not len(before):
        return result
    order = np.argsort(before["cookie"], kind="stable")
    cookies = before["cookie"][order]
    places = np.minimum(np.searchsorted(cookies, ended["cookie"]), len(cookies) - 1)
    known = (cookies[places] == ended["cookie"]) & (ended["cookie"] != 0)
    for name in _KNOWN:
        result[name][known] = before[name][order[places[known]]]
    return result
