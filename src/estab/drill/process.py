"""The program of a script: its descriptors, and the calls it has under way.

A call is a generator.  It yields where the kernel would put the program to sleep, with the instant at which it would wake by itself (None:
only something that happens can wake it), and returns what the call gives.  Whoever plays the script resumes it when anything has happened.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TypeAlias

from estab.drill.config import Config, Family
from estab.drill.errqueue import ErrorQueue
from estab.drill.subject import Stage, Subject
from estab.drill.symbols import UnusableValueError
from estab.drill.verdict import Difference
from estab.engine.readiness import Readiness
from estab.engine.sockets import Socket
from estab.engine.stack import Stack
from estab.text import msg

FIRST_PEER_PORT = 40_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gives: its value, or -1 and an errno; `differences` are outputs that are not as the script says."""

    value: int
    errno: int = 0
    differences: tuple[Difference, ...] = ()


Call: TypeAlias = Generator[int | None, None, Answer]


@dataclass(slots=True)
class SocketHandle:
    """A socket, and what its descriptor knows beside it."""

    socket: Socket
    nonblocking: bool = False
    tells_inq: bool = False
    """TCP_INQ: recvmsg() says how much is left."""
    errors: ErrorQueue = field(default_factory=ErrorQueue)
    wakeups: tuple[int, int, int] = (0, 0, 0)
    """How often a sleeper would have been woken: by data, by room to write after there was none, by a report in the error queue."""
    arrived: int = 0
    had_room: bool = True

    def notice(self, now_ns: int) -> None:
        """Takes note of what has happened to the socket since it was last looked at."""
        if self.socket.entry is None:
            return
        data, room, reports = self.wakeups
        connection = self.socket.entry.connection
        receiver, sender = connection.receiver, connection.sender
        if receiver is not None and receiver.rcv_nxt != self.arrived:
            self.arrived = receiver.rcv_nxt
            data += 1
        has_room = bool(self.socket.readiness(now_ns) & Readiness.OUT)
        if has_room and not self.had_room:
            room += 1
        self.had_room = has_room
        if sender is not None and self.errors.is_watching:
            first = connection.iss + 1
            if self.errors.progress(sender.snd_nxt - first, sender.snd_una - first, now_ns):
                reports += 1
        self.wakeups = data, room, reports


@dataclass(slots=True)
class FileHandle:
    """A file of zeros, open for reading."""

    size_bytes: int
    offset: int = 0


@dataclass(slots=True)
class Pipe:
    """What two ends of a pipe share."""

    content: bytearray = field(default_factory=bytearray)


@dataclass(slots=True)
class PipeHandle:
    """One end of a pipe."""

    pipe: Pipe


@dataclass(slots=True)
class EpollItem:
    """A descriptor that an epoll watches: the events, the value it gives back, and what it has already told."""

    events: int
    data: int
    told: int = 0
    """Events that were ready at the last look: with EPOLLET they are told again only after a new wake-up."""
    wakeups: tuple[int, int, int] = (0, 0, 0)
    armed: bool = True


@dataclass(slots=True)
class EpollHandle:
    """An epoll instance: its items by descriptor."""

    items: dict[int, EpollItem] = field(default_factory=dict)


Handle: TypeAlias = SocketHandle | FileHandle | PipeHandle | EpollHandle


@dataclass(slots=True)
class Process:
    """Descriptors by the numbers of the script, and the connections it has seen."""

    stack: Stack
    config: Config
    now_ns: int = 0
    handles: dict[int, Handle] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    subjects: list[Subject] = field(default_factory=list)
    subject: Subject | None = None
    """The connection under test."""
    listening: bool = False
    """The next SYN to come in opens the connection under test."""
    peer_ports: int = 0

    def socket(self, descriptor: int) -> SocketHandle:
        """The socket of this number; raises UnusableValueError."""
        handle = self.handles.get(descriptor)
        if not isinstance(handle, SocketHandle):
            raise UnusableValueError(msg("descriptor {number} is no socket", number=descriptor))
        return handle

    def handle(self, descriptor: int) -> Handle:
        """Whatever has this number; raises UnusableValueError."""
        if descriptor not in self.handles:
            raise UnusableValueError(msg("descriptor {number} is not open", number=descriptor))
        return self.handles[descriptor]

    @property
    def sockets_are_ipv6(self) -> bool:
        """Whether `socket(...)` makes sockets of IPv6."""
        return self.config.family is not Family.IPV4

    def begin_passive(self) -> Subject:
        """A connection that a SYN of the script opens."""
        port = FIRST_PEER_PORT + self.peer_ports
        self.peer_ports += 1
        return self._under_test(Subject(stage=Stage.SYN_RECEIVED, local_port=self.config.bind_port, remote_port=port))

    def begin_active(self, descriptor: int, remote_port: int) -> None:
        """A connection that this program opens; a second connect() on the same socket changes nothing."""
        if any(subject.descriptor == descriptor and subject.stage is Stage.CONNECTING for subject in self.subjects):
            return
        self._under_test(Subject(stage=Stage.CONNECTING, local_port=0, remote_port=remote_port, descriptor=descriptor))

    def _under_test(self, subject: Subject) -> Subject:
        self.listening = False
        self.subjects.append(subject)
        self.subject = subject
        return subject

    def accepted(self, descriptor: int, remote_port: int) -> None:
        """accept() has given a descriptor to a connection."""
        for subject in self.subjects:
            if subject.remote_port == remote_port and subject.descriptor is None:
                subject.descriptor = descriptor

    def forgotten(self, descriptor: int) -> None:
        """A descriptor has been closed: its number may be used again, its connection stays under test."""
        del self.handles[descriptor]
        for subject in self.subjects:
            if subject.descriptor == descriptor:
                subject.descriptor = None if subject.stage is not Stage.CONNECTING else descriptor
        for handle in self.handles.values():
            if isinstance(handle, EpollHandle):
                handle.items.pop(descriptor, None)
