"""All TCP sockets of a network namespace, asked of the kernel by netlink sock_diag (net/ipv4/inet_diag.c).

Two dumps, one for each family, because the kernel registers its answer by family.  The dump is not a moment: while it runs, sockets
come and go, so one that moves in the kernel's table meanwhile may be missing or told twice.  No capability is needed; the mark of a
socket is told with CAP_NET_ADMIN only.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from estab.errors import PermissionNeeded
from estab.growing import zeroed_memory
from estab.live.messages import AF_INET, AF_INET6, HEADER_BYTES, STATES, DumpError, Reader, chain
from estab.live.proc import read_net
from estab.machine.states import State
from estab.snapshot_table import SOCKET, SocketArray
from estab.text import msg

NETLINK_SOCK_DIAG = 4
_ASKED = (socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_SOCK_DIAG)
SOCK_DIAG_BY_FAMILY = 20
_DONE, _ERROR = 3, 2
_REQUEST, _DUMP = 1, 0x300

ALL_STATES = (1 << 13) - 1
"""Every state of the kernel's numbers 1 to 12."""
BOUND_ONLY = 1 << 13
"""Sockets that are bound and neither listen nor are connected; told since Linux 6.8, as CLOSED."""

_EXTENSIONS = 1 << (2 - 1) | 1 << (4 - 1) | 1 << (7 - 1)
"""INET_DIAG_INFO, _CONG and _SKMEMINFO; what else is told comes unasked."""

_BUFFER_BYTES = 1 << 20
_LARGEST_ANSWER = 1 << 16
"""The kernel fills at most 32 KiB for each read of a dump."""
_PATIENCE_S = 10
_SPARE = 1.03
MANY = 20_000
"""From so many sockets on the two families are read side by side: most of it is work of the kernel."""


def states_mask(states: Iterable[State]) -> int:
    """The kernel's mask of these states.

    >>> bin(states_mask([State.ESTABLISHED, State.SYN_RECEIVED]))
    '0b1000000001010'
    """
    wanted = set(states)
    return sum(1 << number for number, state in STATES.items() if state in wanted)


def read_sockets(states: int = ALL_STATES, *, with_info: bool = True) -> SocketArray:
    """The table of TCP sockets (`snapshot_table.SOCKET`) of the calling thread's namespace; without `with_info` it costs a third less.

    Raises DumpError where the kernel does not answer, PermissionNeeded where it refuses.
    """
    likely = likely_count()
    rows, extensions = _Rows(likely), _EXTENSIONS if with_info else 0
    with socket.socket(*_ASKED) as four, socket.socket(*_ASKED) as six:
        # Both are made here: a socket belongs to the namespace of the thread that makes it.
        if likely > MANY:
            with ThreadPoolExecutor(1, "estab-sockets") as helper:
                other = helper.submit(_read, six, AF_INET6, states, extensions, rows)
                _read(four, AF_INET, states, extensions, rows)
                other.result()
        else:
            _read(four, AF_INET, states, extensions, rows)
            _read(six, AF_INET6, states, extensions, rows)
    return rows.filled


def _read(asked: socket.socket, family: int, states: int, extensions: int, rows: _Rows) -> None:
    """One family's sockets into rows; raises as `read_sockets` does."""
    try:
        _dump(asked, family, states, extensions, rows)
    except OSError as problem:
        if family == AF_INET6 and problem.errno in {errno.ENOENT, errno.EAFNOSUPPORT}:
            return  # a kernel without IPv6
        if problem.errno in {errno.EPERM, errno.EACCES}:
            reason = msg("the kernel refuses to tell of its sockets: {reason}", reason=problem.strerror)
            raise PermissionNeeded(reason, capability="CAP_NET_ADMIN") from None
        raise DumpError(f"sock_diag does not answer: {problem.strerror}") from problem


class _Rows:
    """A table that grows by parts, asked for rows by one thread or two."""

    def __init__(self, likely: int) -> None:
        self._full: list[SocketArray] = []
        self._table = _zeroed(max(64, likely))
        self._count = 0
        self._lock = threading.Lock()

    def next(self, count: int) -> SocketArray:
        """So many zeroed rows behind the last."""
        with self._lock:
            if self._count + count > len(self._table):
                self._full.append(self._table[: self._count])
                self._table, self._count = _zeroed(max(2 * len(self._table), count)), 0
            self._count += count
            return self._table[self._count - count : self._count]

    @property
    def filled(self) -> SocketArray:
        """All rows that were given away; to be asked for when they have been written."""
        last = self._table[: self._count]
        if not self._full:
            return last
        whole = _zeroed(sum(map(len, self._full)) + len(last))
        np.concatenate([*self._full, last], out=whole)
        return whole


def _zeroed(count: int) -> SocketArray:
    """Zeroed rows, in huge pages where the system has them: what is touched for the first time costs less then."""
    return np.frombuffer(zeroed_memory(count * SOCKET.itemsize), SOCKET, count)


def likely_count() -> int:
    """How many sockets the calling thread's namespace has, about, and some to spare.

    Untouched rows of a table that is too large take no memory.
    """
    total = 0
    for name in ("sockstat", "sockstat6"):
        try:
            words = [line.split() for line in read_net(name).splitlines() if line.startswith("TCP")]
        except OSError:
            continue
        total += sum(int(value) for line in words for key, value in zip(line[1::2], line[2::2], strict=False) if key in {"inuse", "tw"})
    return int(total * _SPARE) + 256


def _dump(asked: socket.socket, family: int, states: int, extensions: int, rows: _Rows) -> None:
    """Asks for one family's sockets, and reads what comes."""
    data, reader = memoryview(bytearray(_BUFFER_BYTES)), Reader()
    words = data.cast("I")
    asked.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@qq", _PATIENCE_S, 0))
    request = struct.pack("=BBBBI48x", family, socket.IPPROTO_TCP, extensions, 0, states)
    asked.send(struct.pack("=IHHII", HEADER_BYTES + len(request), SOCK_DIAG_BY_FAMILY, _REQUEST | _DUMP, 1, 0) + request)
    ended = False
    while not ended:
        filled = _receive(asked, data)
        places = chain(words, filled)
        kinds = np.frombuffer(data, np.uint16)[(places >> 1) + 2]
        if (kinds != SOCK_DIAG_BY_FAMILY).any():
            ended = _ended(data, places[kinds != SOCK_DIAG_BY_FAMILY], kinds[kinds != SOCK_DIAG_BY_FAMILY])
            places = places[kinds == SOCK_DIAG_BY_FAMILY]
        if len(places):
            reader.read(data, places, rows.next(len(places)))


def _receive(asked: socket.socket, data: memoryview) -> int:
    """Fills the buffer with answers as far as they go; at the end of a dump with what there is."""
    filled = 0
    while len(data) - filled >= _LARGEST_ANSWER:
        try:
            # In a dump the next answer is made while the last is taken, so that there is always one until the end.
            count = asked.recv_into(data[filled:], 0, socket.MSG_TRUNC | (socket.MSG_DONTWAIT if filled else 0))
        except BlockingIOError:
            if filled:
                break
            raise DumpError(f"sock_diag has not answered for {_PATIENCE_S} s") from None
        if count > len(data) - filled:
            raise DumpError(f"an answer of {count} bytes is longer than the kernel's answers are")
        filled += (count + 3) // 4 * 4
    return filled


def _ended(data: memoryview, places: Any, kinds: Any) -> bool:
    """Whether one of these messages ends the dump; raises OSError where it tells an error."""
    for place, kind in zip(places.tolist(), kinds.tolist(), strict=True):
        if kind in {_DONE, _ERROR}:
            code = struct.unpack_from("=i", data, place + HEADER_BYTES)[0]
            if code < 0:
                raise OSError(-code, os.strerror(-code))
            return True
    return False
