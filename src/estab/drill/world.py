"""The simulated host of a run: its TCP, its virtual clock, the packets it has sent, and a call that waits.

Time stands still while the TCP works.  It moves only when the script lets time pass, from one thing that is due to the next.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from estab.drill.process import Answer, Call, Process, SocketHandle
from estab.engine.socket_options import CallError
from estab.engine.stack import Stack
from estab.wire.segment import IcmpError, Packet


@dataclass(frozen=True, slots=True)
class Sent:
    """A packet that has left, and when."""

    at_ns: int
    packet: Packet


@dataclass(slots=True)
class Waiting:
    """A call that has not returned; `done` is told its answer."""

    call: Call
    done: Callable[[Answer], None]
    wakes_ns: int | None = None


class World:
    """Stack, clock, process."""

    def __init__(self, stack: Stack, process: Process) -> None:
        self.stack, self.process = stack, process
        self.now_ns = 0
        self.sent: deque[Sent] = deque()
        self.waiting: Waiting | None = None
        self.drops_everything = False
        """The queue of the device takes no packet at all."""

    def deliver(self, packet: Packet) -> None:
        """A packet reaches the host now."""
        self.stack.handle_packet(packet, self.now_ns)
        self.settle()

    def deliver_icmp(self, error: IcmpError) -> None:
        """An ICMP error reaches the host now."""
        self.stack.handle_icmp(error, self.now_ns)
        self.settle()

    def begin(self, call: Call, done: Callable[[Answer], None]) -> None:
        """A call is made now; it may return at once."""
        assert self.waiting is None
        self.waiting = Waiting(call, done)
        self.settle()

    def settle(self) -> None:
        """Everything that follows without time passing."""
        self.process.now_ns = self.now_ns
        while True:
            self._drain()
            if not self._resume():
                return

    def advance(self, until_ns: int, *, stop: Callable[[], bool] = lambda: False) -> None:
        """Time passes until an instant, or until `stop` says so after something was due."""
        self.settle()
        while not stop():
            due_ns = self._next_due()
            if due_ns is None or due_ns > until_ns:
                self.now_ns = max(self.now_ns, until_ns)
                self.settle()
                return
            self.now_ns = max(self.now_ns, due_ns)
            self.stack.handle_deadline(self.now_ns)
            self.settle()

    def is_idle(self) -> bool:
        """True where nothing is ever due."""
        return self._next_due() is None

    def _next_due(self) -> int | None:
        wakes_ns = None if self.waiting is None else self.waiting.wakes_ns
        due = [instant for instant in (self.stack.poll_deadline(), wakes_ns) if instant is not None]
        return min(due, default=None)

    def _drain(self) -> None:
        while (packet := self.stack.poll_transmit(self.now_ns)) is not None:
            if not self.drops_everything:
                self.sent.append(Sent(self.now_ns, packet))
        while self.stack.poll_event() is not None:
            pass
        for handle in self.process.handles.values():
            if isinstance(handle, SocketHandle):
                handle.notice(self.now_ns)

    def _resume(self) -> bool:
        """Lets the waiting call try again; True where it has returned."""
        waiting = self.waiting
        if waiting is None:
            return False
        try:
            waiting.wakes_ns = next(waiting.call)
            return False
        except StopIteration as end:
            answer: Answer = end.value
        except CallError as problem:
            answer = Answer(-1, problem.errno or 0)
        self.waiting = None
        self._drain()
        waiting.done(answer)
        return True
