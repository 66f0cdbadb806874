"""Calls that open and close: socket, bind, listen, accept, connect, shutdown, close, fcntl."""

from __future__ import annotations

import errno

from estab.drill.calls.arguments import Arguments
from estab.drill.process import Answer, Call, SocketHandle
from estab.drill.symbols import NUMBERS, UnusableValueError
from estab.engine.readiness import Readiness
from estab.engine.socket_options import CallError, SocketOption
from estab.engine.sockets import Shutdown
from estab.text import msg

SETTLED = Readiness.OUT | Readiness.ERR | Readiness.HUP


def call_socket(arguments: Arguments) -> Call:
    """socket(..., SOCK_STREAM, IPPROTO_TCP)."""
    yield from ()
    if arguments.number(1) & ~NUMBERS["SOCK_NONBLOCK"] != NUMBERS["SOCK_STREAM"]:
        raise UnusableValueError(msg("the engine has TCP sockets alone (SOCK_STREAM)"))
    process = arguments.process
    handle = SocketHandle(process.stack.socket(ipv6=process.sockets_are_ipv6), bool(arguments.number(1) & NUMBERS["SOCK_NONBLOCK"]))
    process.handles[arguments.new_descriptor] = handle
    return Answer(arguments.new_descriptor)


def call_bind(arguments: Arguments) -> Call:
    """bind(fd, address, length); `...` is the script's local address and its --bind_port."""
    yield from ()
    config = arguments.process.config
    where = arguments.endpoint(1, (config.local_ip, config.bind_port))
    if where is None:
        return Answer(-1, errno.EAFNOSUPPORT)
    arguments.socket().socket.bind(*where)
    return Answer(0)


def call_listen(arguments: Arguments) -> Call:
    """listen(fd, backlog): the next SYN of the script is meant for this socket."""
    yield from ()
    process = arguments.process
    arguments.socket().socket.listen(arguments.number(1), process.now_ns)
    process.listening = True
    return Answer(0)


def call_accept(arguments: Arguments) -> Call:
    """accept(fd, ..., ...): waits for a connection unless the socket is non-blocking."""
    process, handle = arguments.process, arguments.socket()
    while True:
        try:
            child = handle.socket.accept(process.now_ns)
            break
        except CallError as problem:
            if problem.errno != errno.EAGAIN or handle.nonblocking:
                raise
        yield None
    descriptor = arguments.new_descriptor
    process.handles[descriptor] = SocketHandle(child)
    process.handles[descriptor].errors.zerocopy = handle.errors.zerocopy  # type: ignore[union-attr]
    assert child.remote is not None
    process.accepted(descriptor, child.remote.port)
    return Answer(descriptor)


def call_connect(arguments: Arguments) -> Call:
    """connect(fd, address, length); `...` is the script's remote address and its --connect_port."""
    process, handle = arguments.process, arguments.socket()
    where = arguments.endpoint(1, (process.config.remote_ip, process.config.connect_port))
    if where is None:
        raise UnusableValueError(msg("connect() to AF_UNSPEC is not supported"))
    process.begin_active(arguments.number(0), where[1])
    try:
        handle.socket.connect(*where, process.now_ns)
    except CallError as problem:
        if problem.errno != errno.EINPROGRESS or handle.nonblocking:
            raise
        return (yield from connected(arguments, handle))
    return Answer(0)


def connected(arguments: Arguments, handle: SocketHandle) -> Call:
    """Waits until an opening has come to its end."""
    while not handle.socket.readiness(arguments.process.now_ns) & SETTLED:
        yield None
    error = handle.socket.getsockopt(SocketOption.ERROR, arguments.process.now_ns)
    assert isinstance(error, int)
    return Answer(-1, error) if error else Answer(0)


def call_shutdown(arguments: Arguments) -> Call:
    """shutdown(fd, how)."""
    yield from ()
    arguments.socket().socket.shutdown(Shutdown(arguments.number(1)), arguments.process.now_ns)
    return Answer(0)


def call_close(arguments: Arguments) -> Call:
    """close(fd), of anything that is open; one that lingers waits."""
    descriptor, process = arguments.number(0), arguments.process
    handle = process.handle(descriptor)
    if isinstance(handle, SocketHandle):
        handle.socket.close(process.now_ns)
    process.forgotten(descriptor)
    yield from ()
    return Answer(0)


def call_fcntl(arguments: Arguments) -> Call:
    """fcntl(fd, F_GETFL) and F_SETFL, for O_NONBLOCK."""
    yield from ()
    handle, command = arguments.socket(), arguments.number(1)
    if command == NUMBERS["F_GETFL"]:
        return Answer(NUMBERS["O_RDWR"] | (NUMBERS["O_NONBLOCK"] if handle.nonblocking else 0))
    if command != NUMBERS["F_SETFL"]:
        raise UnusableValueError(msg("fcntl() is known with F_GETFL and F_SETFL alone"))
    handle.nonblocking = bool(arguments.number(2) & NUMBERS["O_NONBLOCK"])
    return Answer(0)
