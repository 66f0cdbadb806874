"""Changes of state as they happen: the tracepoint `sock:inet_sock_set_state` in a tracing instance of our own.

Its buffer is private, so that nobody else's tracing is disturbed, and it is removed at the end.  What it tells, and what not:

* all network namespaces at once, without saying which;
* whoever had the processor (`command`, `pid`), which for a packet or a timer is anybody;
* never TIME-WAIT: FIN-WAIT-2 → CLOSED is what it says when the small entry takes over;
* no local port on the way into SYN-SENT: connect() chooses it a moment later;
* a new connection of a listener begins with LISTEN → SYN-RECEIVED, at its last segment of the handshake.

Nothing is compiled and no program is loaded into the kernel.  Needs root (CAP_SYS_ADMIN where tracefs is not mounted).
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import re
import select
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from estab.errors import PermissionNeeded
from estab.flow import Endpoint
from estab.instant import SECOND_NS
from estab.machine.states import State
from estab.text import msg

_PLACES = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")
_EVENT = "events/sock/inet_sock_set_state"
_PREFIX = "estab-"
ATTEMPTS = "newstate == 2 || (oldstate == 2 && newstate == 7)"
"""Condition: into SYN-SENT, which is done by the process that connects, and from there to CLOSED (include/net/tcp_states.h)."""
_READ_BYTES = 1 << 16
_FSOPEN, _FSCONFIG, _FSMOUNT = 430, 431, 432
"""System calls with the same numbers on every architecture (Linux 5.2)."""
_CMD_CREATE = 6
_NUMBERS = itertools.count()

_STATES = {
    "TCP_ESTABLISHED": State.ESTABLISHED, "TCP_SYN_SENT": State.SYN_SENT, "TCP_SYN_RECV": State.SYN_RECEIVED,
    "TCP_NEW_SYN_RECV": State.SYN_RECEIVED, "TCP_FIN_WAIT1": State.FIN_WAIT_1, "TCP_FIN_WAIT2": State.FIN_WAIT_2,
    "TCP_TIME_WAIT": State.TIME_WAIT, "TCP_CLOSE": State.CLOSED, "TCP_CLOSE_WAIT": State.CLOSE_WAIT, "TCP_LAST_ACK": State.LAST_ACK,
    "TCP_LISTEN": State.LISTEN, "TCP_CLOSING": State.CLOSING,
}  # fmt: skip
_LINE = re.compile(
    r"\s*(?P<command>.*)-(?P<pid>\d+)\s+\[\d+\]\s+\S+\s+(?P<seconds>\d+)\.(?P<micros>\d{6}): inet_sock_set_state: "
    r"family=(?P<family>\w+) protocol=IPPROTO_TCP sport=(?P<sport>\d+) dport=(?P<dport>\d+) saddr=(?P<saddr>\S+) daddr=(?P<daddr>\S+) "
    r"saddrv6=(?P<saddrv6>\S+) daddrv6=(?P<daddrv6>\S+) oldstate=(?P<old>\w+) newstate=(?P<new>\w+)"
)
_LOST = re.compile(r"CPU:\d+ \[LOST (\d+) EVENTS\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """One change; `boot_ns` counts from the host's start (CLOCK_BOOTTIME).  `command` and `pid` had the processor, no more."""

    boot_ns: int
    local: Endpoint
    remote: Endpoint
    old: State
    new: State
    command: str
    pid: int


def parse_line(line: str) -> StateChange | None:
    """A line of `trace_pipe`; None for anything but a change of a TCP socket."""
    match = _LINE.match(line)
    if match is None or match["old"] not in _STATES or match["new"] not in _STATES:
        return None
    source, target = (match["saddr"], match["daddr"]) if match["family"] == "AF_INET" else (match["saddrv6"], match["daddrv6"])
    return StateChange(
        boot_ns=int(match["seconds"]) * SECOND_NS + int(match["micros"]) * 1_000,
        local=Endpoint(_plain(source), int(match["sport"])),
        remote=Endpoint(_plain(target), int(match["dport"])),
        old=_STATES[match["old"]],
        new=_STATES[match["new"]],
        command=match["command"].strip(),
        pid=int(match["pid"]),
    )


def _plain(address: str) -> str:
    """An IPv4 address as such also where it is told as a mapped one."""
    return address.removeprefix("::ffff:") if "." in address else address


class StateChanges:
    """Listens for changes of state of the whole host; `lost` counts those that the buffer had no room for.

    `only` is a condition of the kernel's (Documentation/trace/events.rst): it tells of nothing else, and nothing else costs anything.
    """

    def __init__(self, only: str = "") -> None:
        self.lost = 0
        self._filter = f"protocol == 6 && ({only})" if only else "protocol == 6"
        self._name = f"{_PREFIX}{os.getpid()}-{next(_NUMBERS)}"
        self._rest = ""
        self._root = _tracing_folder()
        self._pipe = -1
        self._poll = select.poll()
        try:
            self._begin()
        except OSError as problem:
            self.close()
            raise PermissionNeeded(msg("tracing cannot be used: {problem}", problem=problem.strerror), capability="CAP_SYS_ADMIN") from None

    def _begin(self) -> None:
        _remove_stale(self._root)
        os.mkdir(self._at(""), dir_fd=self._root)
        self._write("trace_clock", "boot")
        self._write(f"{_EVENT}/filter", self._filter)
        self._pipe = os.open(self._at("trace_pipe"), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self._root)
        self._poll.register(self._pipe, select.POLLIN)
        self._write(f"{_EVENT}/enable", "1")

    def _at(self, name: str) -> str:
        return f"instances/{self._name}/{name}".rstrip("/")

    def _write(self, name: str, text: str) -> None:
        descriptor = os.open(self._at(name), os.O_WRONLY | os.O_CLOEXEC, dir_fd=self._root)
        try:
            os.write(descriptor, text.encode("ascii"))
        finally:
            os.close(descriptor)

    def read(self, wait_s: float = 0.0) -> list[StateChange]:
        """The changes since the last call; waits for the first one for so many seconds."""
        deadline = time.monotonic() + wait_s
        found: list[StateChange] = []
        while not found:
            found += self._available()
            left_s = deadline - time.monotonic()
            if found or left_s <= 0:
                break
            self._poll.poll(left_s * 1000)
        return found

    def _available(self) -> Iterator[StateChange]:
        """What can be read without waiting."""
        while True:
            try:
                data = os.read(self._pipe, _READ_BYTES)
            except BlockingIOError:
                return
            if not data:
                return
            *lines, self._rest = (self._rest + data.decode("utf-8", "replace")).split("\n")
            for line in lines:
                if lost := _LOST.match(line):
                    self.lost += int(lost[1])
                elif change := parse_line(line):
                    yield change

    def close(self) -> None:
        """Ends the listening and removes what it needed."""
        if self._root < 0:
            return
        with contextlib.suppress(OSError):
            self._write(f"{_EVENT}/enable", "0")
        if self._pipe >= 0:
            os.close(self._pipe)
        with contextlib.suppress(OSError):
            os.rmdir(self._at(""), dir_fd=self._root)
        os.close(self._root)
        self._root = self._pipe = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _tracing_folder() -> int:
    """A descriptor of the root of tracefs: that which is mounted, else one of our own that appears nowhere."""
    for place in _PLACES:
        try:
            folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            continue
        if "instances" in os.listdir(folder):  # noqa: PTH208 - of a descriptor
            return folder
        os.close(folder)
    system = ctypes.CDLL(None, use_errno=True).syscall
    made = system(_FSOPEN, b"tracefs", 1)
    if made < 0:
        raise _refused()
    try:
        if system(_FSCONFIG, made, _CMD_CREATE, None, None, 0) < 0:
            raise _refused()
        mounted: int = system(_FSMOUNT, made, 1, 0)
        if mounted < 0:
            raise _refused()
        return mounted
    finally:
        os.close(made)


def _refused() -> PermissionNeeded:
    return PermissionNeeded(msg("tracefs cannot be used: {problem}", problem=os.strerror(ctypes.get_errno())), capability="CAP_SYS_ADMIN")


def _remove_stale(root: int) -> None:
    """Removes what runs of this program left that were killed."""
    folder = os.open("instances", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=root)
    try:
        for name in os.listdir(folder):  # noqa: PTH208 - of a descriptor
            pid = name.removeprefix(_PREFIX).partition("-")[0]
            if name.startswith(_PREFIX) and pid.isdecimal() and not os.path.exists(f"/proc/{pid}"):  # noqa: PTH110 - beside descriptors
                with contextlib.suppress(OSError):
                    os.rmdir(name, dir_fd=folder)
    finally:
        os.close(folder)
