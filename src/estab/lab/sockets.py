"""Blocking sockets for programs of the lab, over the engine's sockets, which never block.

Each call is tried; where it would block, the program waits for readiness and tries again.  After each call the host sends what the
stack has to send.  Errors are CallError with the errno of the kernel's call.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from estab.lab.calls import CallError, Flag, Readiness, Shutdown, Socket, SocketOption, readiness_bits
from estab.lab.tasks import Wait, Wake, Within
from estab.lab.timeline import CallRecord
from estab.lab.units import Duration, span_ns

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.snapshot import TcpInfo

Result = TypeVar("Result")
WOULD_BLOCK = frozenset({errno.EAGAIN, errno.EINPROGRESS, errno.EALREADY})
ALWAYS_TOLD = int(Readiness.ERR | Readiness.HUP)
READABLE, WRITABLE = int(Readiness.IN | Readiness.RDHUP), int(Readiness.OUT)
"""What readiness is waited for; plain numbers, because flags of an enum cost ten times as much."""
RECV_BYTES = 65_536


class Ready(Wait[None]):
    """Waits until a socket is ready in one of some ways."""

    __slots__ = ("handle", "looked", "wanted")

    def __init__(self, handle: Handle, wanted: int, *, looked: bool) -> None:
        self.handle, self.wanted, self.looked = handle, wanted, looked

    def begin(self, wake: Wake) -> None:
        """Wakes at once where it is ready already, unless somebody has just looked and it was not."""
        self.handle.await_ready(self.wanted, wake, looked=self.looked)


class Handle:
    """A descriptor: one process's hold of a socket, which others may share (as after fork)."""

    __slots__ = ("_check_is_due", "_sharers", "_waiting", "process", "socket")

    def __init__(self, process: Process, socket: Socket, sharers: list[Handle] | None = None) -> None:
        self.process, self.socket = process, socket
        self._sharers = sharers if sharers is not None else []
        """All handles of this socket."""
        self._sharers.append(self)
        self._waiting: list[tuple[int, Wake]] = []
        self._check_is_due = False
        socket.on_ready = self._changed if len(self._sharers) == 1 else self._changed_for_all
        process.handles[self] = None

    # --- calls ---------------------------------------------------------------------------------------------------------------------------

    def call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """One non-blocking call of the engine's socket, now; then the host sends what there is to send (after EAGAIN there is nothing)."""
        host = self.process.host
        try:
            result = function(*arguments, host.world.clock.now_ns)
        except CallError as problem:
            if problem.errno != errno.EAGAIN:
                host.pump()
            raise
        host.pump()
        return result

    async def blocking(self, wanted: int, function: Callable[..., Result], *arguments: Any, timeout: Duration | None = None) -> Result:
        """The call again and again until it does not say that it would block; with `timeout` EAGAIN after that (SO_RCVTIMEO)."""
        end_ns = None if timeout is None else self.process.now_ns + span_ns(timeout)
        while True:
            try:
                return self.call(function, *arguments)
            except CallError as problem:
                if problem.errno not in WOULD_BLOCK:
                    raise
            await self.until(wanted, end_ns)

    async def until(self, wanted: int, end_ns: int | None, *, looked: bool = False) -> None:
        """Waits for readiness, until an instant at most; EAGAIN after that.  `looked`: it is not ready now."""
        ready = Ready(self, wanted, looked=looked)
        if end_ns is None:
            await ready
            return
        clock = self.process.world.clock
        await Within(clock, ready, end_ns - clock.now_ns, lambda: CallError(errno.EAGAIN))

    def record(self, call: str, result: object) -> None:
        """Puts a call into the timeline."""
        world = self.process.world
        if world.timeline is not None:
            said = errno.errorcode.get(result.errno or 0, "?") if isinstance(result, OSError) else str(result)
            world.timeline.add(CallRecord(time_ns=world.clock.now_ns, where=self.process.host.name, call=call, result=said))

    # --- readiness -----------------------------------------------------------------------------------------------------------------------

    def await_ready(self, wanted: int, wake: Wake, *, looked: bool = False) -> None:
        """Calls `wake` as soon as the socket is ready in one of these ways."""
        if not looked and readiness_bits(self.socket) & (wanted | ALWAYS_TOLD):
            wake(None, None)
        else:
            self._waiting.append((wanted | ALWAYS_TOLD, wake))

    def _changed(self) -> None:
        """The engine says that readiness may have changed; where it does not look so yet, it is looked at once more afterwards."""
        if self._waiting:
            self._wake_ready()
            if self._waiting and not self._check_is_due:
                self._check_is_due = True
                self.process.world.clock.after(0, self._check)

    def _changed_for_all(self) -> None:
        for handle in self._sharers:
            handle._changed()

    def _check(self, _: object) -> None:
        self._check_is_due = False
        self._wake_ready()

    def _wake_ready(self) -> None:
        """Wakes who waits for what the socket is ready for now."""
        ready = readiness_bits(self.socket)
        waiting, self._waiting = self._waiting, []
        for wanted, wake in waiting:
            if ready & wanted:
                wake(None, None)
            else:
                self._waiting.append((wanted, wake))

    # --- the end -------------------------------------------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether the process still holds the socket."""
        return self in self.process.handles

    def close(self) -> None:
        """close(): the socket itself is closed when nobody holds it any more; a second close changes nothing."""
        if self.process.handles.pop(self, self) is self:
            return
        self._sharers.remove(self)
        if not self._sharers:
            self.record(f"close({self.socket.local})", 0)
            self.call(self.socket.close)

    def forget(self) -> None:
        """The host is gone: nobody closes anything."""
        self._waiting.clear()

    def share(self, process: Process) -> Self:
        """The same socket in another process of this host, as a child inherits it."""
        return type(self)(process, self.socket, self._sharers)

    def set(self, **options: Any) -> Self:
        """Socket options by the names of `OPTIONS`: `conn.set(nodelay=True)`."""
        for name, value in options.items():
            self.call(self.socket.setsockopt, OPTIONS[name], value)
        return self

    def get(self, option: str) -> Any:
        """A socket option's value."""
        return self.call(self.socket.getsockopt, OPTIONS[option])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


OPTIONS: Mapping[str, SocketOption] = {option.name.lower(): option for option in SocketOption}
"""Socket options by their names in small letters."""


class Listener(Handle):
    """A listening socket."""

    __slots__ = ()

    async def accept(self, *, timeout: Duration | None = None) -> Conn:
        """The next connection; EMFILE where the process has as many descriptors as it may."""
        end_ns = None if timeout is None else self.process.now_ns + span_ns(timeout)
        while True:
            if len(self.process.handles) >= self.process.host.knobs.nofile:
                self.record("accept()", CallError(errno.EMFILE))
                raise CallError(errno.EMFILE)
            try:
                socket = self.call(self.socket.accept)
            except CallError as problem:
                if problem.errno not in WOULD_BLOCK:
                    self.record("accept()", problem)
                    raise
            else:
                self.record("accept()", socket.remote)
                return Conn(self.process, socket)
            await self.until(READABLE, end_ns)


class Conn(Handle):
    """A connection."""

    __slots__ = ()

    async def recv(self, max_bytes: int = RECV_BYTES, *, timeout: Duration | None = None) -> bytes:
        """At least one byte, or b"" at the end of the stream."""
        end_ns = None if timeout is None else self.process.now_ns + span_ns(timeout)
        if not readiness_bits(self.socket) & (READABLE | ALWAYS_TOLD):
            await self.until(READABLE, end_ns, looked=True)  # the call would say no more than that it would block
        while True:
            try:
                return self.call(self.socket.recv, max_bytes)
            except CallError as problem:
                if problem.errno not in WOULD_BLOCK:
                    raise
            await self.until(READABLE, end_ns)

    async def recv_exactly(self, count: int) -> bytes:
        """So many bytes; fewer only at the end of the stream."""
        parts = []
        while count:
            part = await self.recv(count)
            if not part:
                break
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    async def recv_all(self) -> bytes:
        """Everything until the end of the stream."""
        parts = []
        while part := await self.recv():
            parts.append(part)
        return b"".join(parts)

    async def send(self, data: bytes | memoryview, *, timeout: Duration | None = None) -> int:
        """As many bytes as the socket takes, at least one; raises EPIPE, ECONNRESET, ETIMEDOUT as the kernel would."""
        return await self.blocking(WRITABLE, self.socket.send, data, timeout=timeout)

    async def send_all(self, data: bytes) -> None:
        """All bytes."""
        view = memoryview(data)
        while view:
            view = view[await self.send(view) :]

    async def send_urgent(self, data: bytes) -> int:
        """send() with MSG_OOB: the urgent pointer stands behind the last of these bytes."""
        return await self.blocking(WRITABLE, lambda now_ns: self.socket.send(data, now_ns, Flag.OOB))

    def recv_urgent(self) -> bytes:
        """recv() with MSG_OOB: the urgent byte, taken out of the stream; EINVAL where there is none."""
        return self.call(lambda now_ns: self.socket.recv(1, now_ns, Flag.OOB))

    def shutdown(self, how: Shutdown = Shutdown.WRITE) -> None:
        """Ends one direction, or both; the descriptor stays."""
        self.record(f"shutdown({how.name})", 0)
        self.call(self.socket.shutdown, how)

    def abort(self) -> None:
        """Closes by RST (SO_LINGER with time 0)."""
        self.set(linger=(1, 0))
        self.close()

    def info(self) -> TcpInfo:
        """TCP_INFO."""
        info: TcpInfo = self.get("info")
        return info


def listen(process: Process, port: int, *, backlog: int, address: str, options: Mapping[str, Any]) -> Listener:
    """socket(), bind(), listen(); without an address on all of the host's, of both versions where it has both."""
    host = process.host
    six = ":" in address if address else any(":" in own for own in host.addresses)
    address = address or ("::" if six else "0.0.0.0")  # noqa: S104 - a simulated host
    listener = Listener(process, host.stack.socket(ipv6=six))
    listener.set(**{"reuseaddr": True, **options})
    now_ns = process.now_ns
    try:
        listener.socket.bind(address, port)
        listener.socket.listen(backlog, now_ns)
    except CallError as problem:
        listener.record(f"listen({port})", problem)
        listener.close()
        raise
    listener.record(f"listen({port}, backlog {backlog})", 0)
    return listener


async def connect(
    process: Process, remote: tuple[str, int], source: tuple[str, int], *, timeout: Duration | None, options: Mapping[str, Any]
) -> Conn:
    """socket(), bind() where a source is given, connect(); the socket is closed where that fails."""
    conn = Conn(process, process.host.stack.socket(ipv6=":" in remote[0]))
    try:
        conn.set(**options)
        if source != ("", 0):
            conn.socket.bind(source[0] or ("::" if ":" in remote[0] else "0.0.0.0"), source[1])  # noqa: S104
        await conn.blocking(WRITABLE, conn.socket.connect, *remote, timeout=timeout)
    except CallError as problem:
        conn.record(f"connect({remote[0]}:{remote[1]})", problem)
        conn.close()
        raise
    conn.record(f"connect({remote[0]}:{remote[1]})", 0)
    return conn
