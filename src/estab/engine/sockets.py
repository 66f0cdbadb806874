"""Sockets as a program knows them: non-blocking, with the errno of Linux (net/ipv4/af_inet.c, net/ipv4/tcp.c).

A call that would block raises `CallError` with EAGAIN, or EINPROGRESS for connect(); whoever wants to wait waits for `readiness`, or is
told by `on_ready`.  The bytes are the connection's; a socket only knows what a descriptor would know.
"""

from __future__ import annotations

import enum
import errno
from collections.abc import Callable
from dataclasses import replace

from estab.engine import connecting, naming, option_calls
from estab.engine.bindings import Claim, Role
from estab.engine.entries import ConnectionEntry
from estab.engine.host import Host, Key
from estab.engine.listener import Listener
from estab.engine.readiness import Readiness, readiness_bits
from estab.engine.rows import row_of
from estab.engine.socket_options import DEFAULT_CONFIG, CallError, SocketConfig, SocketOption, Value, inherited
from estab.engine.view import send_queue_bytes, unsent_queue_bytes
from estab.flow import Endpoint, shared_endpoint
from estab.machine.states import State
from estab.machine.stimuli import Stimulus
from estab.snapshot import TcpInfo

OPENING_STATES = (State.SYN_SENT, State.SYN_RECEIVED)
SENDING_STATES = (State.ESTABLISHED, State.CLOSE_WAIT)


class Flag(enum.IntFlag):
    """Flags of `send` and `recv` (MSG_…)."""

    NONE = 0
    OOB = 1
    PEEK = 2
    TRUNC = 0x20
    """What is received is thrown away; zeros of the same length come back."""
    DONTWAIT = 0x40
    """The caller does not wait, so that no ACK is held back for what a send() before the connection is open would have sent."""
    EOR = 0x80
    MORE = 0x8000
    FASTOPEN = 0x20000000


OOB, PEEK, TRUNC, DONTWAIT, EOR, MORE, FASTOPEN = (int(flag) for flag in Flag if flag)
"""The same as plain numbers: calls that carry data test them each time."""


class Shutdown(enum.IntEnum):
    """Which direction `shutdown` ends (SHUT_…)."""

    READ = 0
    WRITE = 1
    BOTH = 2


class Socket:
    """One descriptor; every call that needs one names the instant at which it is made."""

    __slots__ = (
        "_explicit",
        "bound",
        "claim",
        "config",
        "connecting",
        "deferred",
        "entry",
        "error",
        "host",
        "inode",
        "ipv6",
        "is_closed",
        "listener",
        "on_ready",
        "read_shut",
        "uid",
        "write_shut",
    )

    def __init__(self, host: Host, *, ipv6: bool = False, uid: int = 0, config: SocketConfig = DEFAULT_CONFIG) -> None:
        self.host, self.ipv6, self.uid, self.config = host, ipv6, uid, config
        self.inode = host.new_inode()
        self.entry: ConnectionEntry | None = None
        self.listener: Listener | None = None
        self.on_ready: Callable[[], None] | None = None
        self.error = 0
        """A pending error (SO_ERROR) that no connection holds any more."""
        self.connecting = False
        """connect() has answered EINPROGRESS and has not been told the outcome."""
        self.deferred: Endpoint | None = None
        """connect() with TCP_FASTOPEN_CONNECT has succeeded without a SYN; the first send() opens."""
        self.read_shut = self.write_shut = self.is_closed = False
        self.bound: Endpoint | None = None
        """What bind() was asked for, with the port that was found."""
        self.claim: Claim | None = None
        """What it holds of a local port while no connection holds it."""
        self._explicit = False

    # Where it is

    @property
    def local(self) -> Endpoint | None:
        """This end (getsockname); None before it has one."""
        return self.bound if self.entry is None else self.entry.local

    @property
    def remote(self) -> Endpoint | None:
        """The other end (getpeername); None without a connection."""
        return self.deferred if self.entry is None else self.entry.remote

    @property
    def state(self) -> State:
        """The state as ss would show it."""
        if self.listener is not None:
            return State.LISTEN
        if self.entry is None or not self.entry.is_alive:
            return State.CLOSED
        return self.entry.connection.state

    def tell(self) -> None:
        """Its readiness may have changed."""
        if self.on_ready is not None:
            self.on_ready()

    def _check_open(self) -> None:
        if self.is_closed:
            raise CallError(errno.EBADF)

    def take_error(self) -> int:
        """SO_ERROR: the pending errno, cleared by being read."""
        code, self.error = self.error, 0
        return code or (0 if self.entry is None else self.entry.connection.take_error())

    def _raise_error(self) -> None:
        code, self.error = self.error, 0
        if not code and self.entry is not None:
            code = self.entry.connection.take_hard_error()
        if code:
            raise CallError(code)

    # Names

    def bind(self, address: str, port: int) -> None:
        """Take a local address and port; port 0 takes any (unless IP_BIND_ADDRESS_NO_PORT leaves that to connect())."""
        self._check_open()
        known = naming.read_address(address, ipv6=self.ipv6, v6only=self.config.v6only)
        naming.check_bind(self.host, known, port, self.uid)
        if self.bound is not None or self.entry is not None:
            raise CallError(errno.EINVAL)
        if port == 0 and self.config.bind_no_port:
            self.bound = Endpoint(known, 0)
            return
        claim = naming.claim_of(known, self.config, self.uid)
        self.bound = Endpoint(known, naming.take_port(self.host, port, claim))
        self.claim, self._explicit = claim, True

    def give_claim(self, key: Key) -> Claim:
        """The hold on the local port of a new connection passes to that connection."""
        bindings = self.host.bindings
        if self.claim is None:
            claim = naming.claim_of(key[0], self.config, self.uid)
            bindings.hold(key[1], claim)
        else:
            claim = naming.narrowed(self.claim, key[0])
            bindings.exchange(key[1], self.claim, claim)
            self.claim = None
        return claim

    def detach(self, entry: ConnectionEntry) -> None:
        """The connection is no more; a port that was bound by name stays with the socket."""
        if self._explicit and entry.claim is not None:
            self.claim, entry.claim = entry.claim, None

    def forget_connection(self) -> None:
        """A connect() has failed and said so: the socket is as if it had not been tried."""
        self.entry = None
        self.connecting = False
        self.read_shut = self.write_shut = False

    def change_claim(self, claim: Claim) -> None:
        """What this socket is to others on its port has changed, while it still holds the port itself."""
        if self.claim is not None and self.bound is not None:
            self.host.bindings.exchange(self.bound.port, self.claim, claim)
            self.claim = claim

    # Opening

    def listen(self, backlog: int, now_ns: int) -> None:  # noqa: ARG002 - nothing depends on when, yet every call says so
        """Accept connections; called again it only takes a new limit, min(backlog, somaxconn)."""
        self._check_open()
        if self.listener is not None:
            self.listener.set_backlog(backlog)
            return
        if self.entry is not None or self.deferred is not None:
            raise CallError(errno.EINVAL)
        bindings = self.host.bindings
        if self.bound is None or self.claim is None:
            address = naming.wildcard(ipv6=self.ipv6) if self.bound is None else self.bound.address
            claim = naming.claim_of(address, self.config, self.uid)
            self.bound = Endpoint(address, naming.take_port(self.host, 0, claim))
        else:
            claim = self.claim
            bindings.release(self.bound.port, claim)
            may = bindings.may_bind(self.bound.port, claim)
            bindings.hold(self.bound.port, claim, by_bind=True)
            if not may:
                raise CallError(errno.EADDRINUSE)
        self.claim = replace(claim, role=Role.LISTENING)
        bindings.exchange(self.bound.port, claim, self.claim)
        self.listener = Listener(self.host, self.bound.address, self.bound.port, self.config, self.claim, inode=self.inode, uid=self.uid)
        self.listener.set_backlog(backlog)
        self.listener.on_ready = self.tell
        self.host.listeners.add(self.listener)
        self._note_listen(Stimulus.PASSIVE_OPEN, State.CLOSED)

    def _note_listen(self, stimulus: Stimulus, state: State) -> None:
        assert self.bound is not None
        row = row_of(state, stimulus)
        key = (self.bound.address, self.bound.port, naming.wildcard(ipv6=":" in self.bound.address), 0)
        self.host.note(key, row.state, row.next, row.clause)

    def accept(self, now_ns: int) -> Socket:  # noqa: ARG002 - nothing depends on when, yet every call says so
        """The connection that has waited longest."""
        self._check_open()
        if self.listener is None:
            raise CallError(errno.EINVAL)
        if not self.listener.accept_queue:
            raise CallError(errno.EAGAIN)
        entry = self.listener.accept_queue.popleft()
        child = Socket(self.host, ipv6=self.ipv6, uid=self.uid, config=inherited(self.config))
        child.entry = entry
        entry.accepted(child)
        return child

    def connect(self, address: str, port: int, now_ns: int) -> None:
        """Begin a connection: EINPROGRESS, and later, called again, the outcome."""
        self._check_open()
        if not connecting.check_connect(self):
            return
        known = naming.read_address(address, ipv6=self.ipv6, v6only=self.config.v6only)
        remote = shared_endpoint(naming.destination_of(known), port)
        data = None
        if self.config.fast_open_connect:
            source, _ = naming.source_for(self.host, remote.address, self.bound)
            if connecting.known_server(self.host, self, source, remote.address, now_ns) is not None:
                self.deferred = remote
                return
            data = b""
        connecting.open_connection(self, remote, now_ns, data=data)
        self.connecting = True
        raise CallError(errno.EINPROGRESS)

    # Data

    def send(self, data: bytes | memoryview, now_ns: int, flags: Flag = Flag.NONE, *, to: tuple[str, int] | None = None) -> int:
        """How many bytes were taken.  With MSG_FASTOPEN and `to` it opens the connection; what the SYN carries is what was taken."""
        self._check_open()
        bits = int(flags)
        if self.deferred is not None or (bits & FASTOPEN and self.entry is None):
            return self._send_opening(bytes(data), now_ns, to)
        if bits & FASTOPEN and self.state is State.SYN_SENT:
            raise CallError(errno.EALREADY)
        entry = self.entry
        self._raise_error()
        if entry is None:
            raise CallError(errno.EPIPE)
        connection = entry.connection
        state = connection.state if entry.is_alive else State.CLOSED
        if state in OPENING_STATES and not entry.fast_open and not self.write_shut:
            if not bits & DONTWAIT:
                connection.want_room()
            raise CallError(errno.EAGAIN)
        if self.write_shut or (state not in SENDING_STATES and not entry.fast_open):
            raise CallError(errno.EPIPE)
        if not data:
            return 0
        if self.host.memory.is_exhausted:
            raise CallError(errno.EAGAIN)
        taken = connection.write(data, now_ns, urgent=bits & OOB != 0, more=bits & MORE != 0, end_of_record=bits & EOR != 0)
        self.host.touch(entry, now_ns)
        if not taken:
            raise CallError(errno.EAGAIN)
        return taken

    def _send_opening(self, data: bytes, now_ns: int, to: tuple[str, int] | None) -> int:
        """The first send() of a Fast Open connection."""
        remote, self.deferred = self.deferred, None
        if remote is None:
            if self.entry is not None or self.listener is not None:
                raise CallError(errno.EISCONN)
            if not self.host.knobs.tcp_fastopen & 1:
                raise CallError(errno.EOPNOTSUPP)
            if to is None:
                raise CallError(errno.ENOTCONN)
            known = naming.read_address(to[0], ipv6=self.ipv6, v6only=self.config.v6only)
            remote = Endpoint(naming.destination_of(known), to[1])
        taken = connecting.open_connection(self, remote, now_ns, data=data)
        self.connecting = True
        if not taken:
            raise CallError(errno.EINPROGRESS)
        return taken

    def recv(self, max_bytes: int, now_ns: int, flags: Flag = Flag.NONE) -> bytes:
        """Up to `max_bytes`; empty at the end of the stream."""
        self._check_open()
        entry = self.entry
        if entry is None:
            self._raise_error()
            if self.read_shut:
                return b""
            raise CallError(errno.ENOTCONN if self.deferred is None else errno.EAGAIN)
        connection, bits = entry.connection, int(flags)
        peek = bits & PEEK != 0
        if bits & OOB:
            return self._recv_urgent(entry, now_ns, peek=peek)
        if max_bytes <= 0:
            return b""
        receiver = connection.receiver
        if receiver is not None and receiver.unread_bytes:
            # Even where nothing can be given: an urgent byte that stands in front is passed over.
            data = connection.read(max_bytes, now_ns, peek=peek)
            if connection.acknowledges_now:
                self.host.touch(entry, now_ns)
            else:
                entry.account(now_ns)
            if data:
                return bytes(len(data)) if bits & TRUNC else data
        if connection.at_eof:
            return b""
        self._raise_error()
        if self.read_shut or not entry.is_alive:
            return b""
        raise CallError(errno.EAGAIN)

    def _recv_urgent(self, entry: ConnectionEntry, now_ns: int, *, peek: bool) -> bytes:
        if self.config.settings.oob_inline:
            raise CallError(errno.EINVAL)
        data = entry.connection.read_urgent(now_ns, peek=peek)
        if not data:
            receiver = entry.connection.receiver
            announced = receiver is not None and receiver.urgent_position is not None and receiver.urgent_position >= receiver.rcv_nxt
            raise CallError(errno.EAGAIN if announced else errno.EINVAL)
        return data

    # Ending

    def shutdown(self, how: Shutdown, now_ns: int) -> None:
        """End one direction or both; the descriptor stays."""
        self._check_open()
        if self.listener is not None:
            if how is not Shutdown.WRITE:
                self._stop_listening(now_ns)
            return
        entry = self.entry
        if entry is None or not entry.is_alive:
            self._shut(how)
            raise CallError(errno.ENOTCONN)
        if entry.connection.state is State.SYN_SENT:
            entry.abort(now_ns)
            self.forget_connection()
            self.error = errno.ECONNRESET
            return
        before = self.write_shut
        self._shut(how)
        if how is not Shutdown.WRITE:
            entry.connection.shutdown_read(now_ns)
        if self.write_shut and not before:
            entry.connection.shutdown_write(now_ns)
        self.host.touch(entry, now_ns)
        self.tell()

    def _shut(self, how: Shutdown) -> None:
        self.read_shut = self.read_shut or how is not Shutdown.WRITE
        self.write_shut = self.write_shut or how is not Shutdown.READ

    def close(self, now_ns: int) -> None:
        """Give the descriptor up: the connection ends by itself, by RST where data was left unread or SO_LINGER says 0."""
        if self.is_closed:
            return
        self.is_closed = True
        self.on_ready = None
        if self.listener is not None:
            self._stop_listening(now_ns)
        entry = self.entry
        if entry is not None and entry.is_alive:
            self._explicit = False
            entry.disown()
            entry.connection.close(now_ns)
            entry.check_orphan(now_ns)
        self._release()

    def _stop_listening(self, now_ns: int) -> None:
        listener, self.listener = self.listener, None
        assert listener is not None
        self.host.listeners.remove(listener)
        heir = self.host.listeners.heir_of(listener) if self.host.knobs.tcp_migrate_req else None
        self._note_listen(Stimulus.CLOSE, State.LISTEN)
        listener.close(now_ns, heir)
        if self.claim is not None:
            self.change_claim(replace(self.claim, role=Role.OPEN))

    def _release(self) -> None:
        if self.claim is not None and self.bound is not None:
            self.host.bindings.release(self.bound.port, self.claim)
            self.claim = None

    # Options

    def setsockopt(self, option: SocketOption, value: Value, now_ns: int) -> None:
        """Set an option; the kernel's errno for what it does not take."""
        self._check_open()
        option_calls.set_option(self, option, value, now_ns)

    def getsockopt(self, option: SocketOption, now_ns: int) -> Value | TcpInfo:
        """The value of an option; SO_ERROR is cleared by being read."""
        self._check_open()
        return option_calls.get_option(self, option, now_ns)

    # Questions

    @property
    def input_queue_bytes(self) -> int:
        """SIOCINQ: what recv() would give."""
        if self.listener is not None:
            raise CallError(errno.EINVAL)
        return 0 if self.entry is None else self.entry.connection.readable_bytes

    @property
    def output_queue_bytes(self) -> int:
        """SIOCOUTQ: what the peer has not acknowledged."""
        if self.listener is not None:
            raise CallError(errno.EINVAL)
        return 0 if self.entry is None or self.state in (State.CLOSED, State.SYN_SENT) else send_queue_bytes(self.entry.connection)

    @property
    def unsent_queue_bytes(self) -> int:
        """SIOCOUTQNSD: what has not been sent yet."""
        if self.listener is not None:
            raise CallError(errno.EINVAL)
        return 0 if self.entry is None or self.state in (State.CLOSED, State.SYN_SENT) else unsent_queue_bytes(self.entry.connection)

    def readiness(self, now_ns: int) -> Readiness:  # noqa: ARG002 - nothing depends on when, yet every call says so
        """What poll() would report."""
        return Readiness(readiness_bits(self))
