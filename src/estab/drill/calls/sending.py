"""Calls that send: write, send, sendto, sendmsg, writev, sendfile.  All payloads are zeros."""

from __future__ import annotations

import contextlib
import errno

from estab.drill.calls.arguments import NULL, Arguments, lengths_of, message_flags
from estab.drill.calls.opening import SETTLED, connected
from estab.drill.process import Answer, Call, FileHandle, SocketHandle
from estab.drill.script import Fields
from estab.drill.symbols import MESSAGES, UnusableValueError
from estab.engine.socket_options import CallError
from estab.engine.sockets import Flag
from estab.machine.states import State
from estab.text import msg

_KNOWN = sum(Flag)
_LARGEST_BYTES = 1 << 28


def call_write(arguments: Arguments) -> Call:
    """write(fd, ..., length)."""
    return (yield from _send(arguments, arguments.socket(), arguments.number(2), 0, bad_pointer=arguments.at(1) == NULL))


def call_send(arguments: Arguments) -> Call:
    """send(fd, ..., length, flags)."""
    bad = arguments.at(1) == NULL
    return (yield from _send(arguments, arguments.socket(), arguments.number(2), arguments.number(3), bad_pointer=bad))


def call_sendto(arguments: Arguments) -> Call:
    """sendto(fd, ..., length, flags, address, length); with MSG_FASTOPEN it opens."""
    flags = arguments.number(3)
    bad = arguments.at(1) == NULL
    return (yield from _send(arguments, arguments.socket(), arguments.number(2), flags, bad_pointer=bad, address=4))


def call_sendmsg(arguments: Arguments) -> Call:
    """sendmsg(fd, {msg_name…, msg_iov…}, flags)."""
    message = arguments.at(1)
    if not isinstance(message, Fields) or "msg_iov" not in message.items:
        raise UnusableValueError(msg("a message with msg_iov is needed here"))
    return (yield from _send(arguments, arguments.socket(), sum(lengths_of(message.items["msg_iov"])), arguments.number(2)))


def call_writev(arguments: Arguments) -> Call:
    """writev(fd, [{..., length}, …], count)."""
    return (yield from _send(arguments, arguments.socket(), sum(lengths_of(arguments.at(1))), 0))


def call_sendfile(arguments: Arguments) -> Call:
    """sendfile(to, from, [offset], length)."""
    file = arguments.process.handle(arguments.number(1))
    if not isinstance(file, FileHandle):
        raise UnusableValueError(msg("sendfile() needs an open file"))
    length = min(arguments.number(3), file.size_bytes - file.offset)
    return (yield from _send(arguments, arguments.socket(), length, 0))


def _send(
    arguments: Arguments, handle: SocketHandle, length: int, flags: int, *, bad_pointer: bool = False, address: int | None = None
) -> Call:
    """Everything that sends: all of it, waiting for room, or as much as goes where nothing may wait."""
    if not 0 <= length <= _LARGEST_BYTES:
        raise UnusableValueError(msg("a length between 0 and {most} is needed here", most=_LARGEST_BYTES))
    waits = not handle.nonblocking and not message_flags(flags, "MSG_DONTWAIT")
    config = arguments.process.config
    where = None
    if message_flags(flags, "MSG_FASTOPEN"):
        default = (config.remote_ip, config.connect_port)
        where = arguments.endpoint(address, default) if address is not None else default
        if where is None:
            return Answer(-1, errno.EOPNOTSUPP)
        if handle.socket.remote is None and not bad_pointer:
            arguments.process.begin_active(arguments.number(0), default[1])
    if bad_pointer and length:
        return Answer(-1, errno.EFAULT)
    zerocopy = message_flags(flags, "MSG_ZEROCOPY")
    done = 0
    while True:
        try:
            done += _offered(arguments, handle, length - done, flags, where)
        except CallError as problem:
            if problem.errno not in {errno.EAGAIN, errno.EINPROGRESS} or not waits:
                if done:
                    break
                raise
        if waits and handle.socket.state is State.SYN_SENT:
            if done < length:
                _announce_rest(handle, arguments.process.now_ns)
            opened = yield from connected(arguments, handle)
            if opened.value < 0:
                return opened
            where = None
        elif done >= length or not waits:
            break
        else:
            yield None
            while not handle.socket.readiness(arguments.process.now_ns) & SETTLED:
                yield None
        if done >= length:
            break
    handle.errors.wrote(done, zerocopy=zerocopy)
    return Answer(done)


def _offered(arguments: Arguments, handle: SocketHandle, length: int, flags: int, where: tuple[str, int] | None) -> int:
    """What the socket takes at once of so many zeros; raises CallError."""
    if where is None:
        flags &= ~MESSAGES["MSG_FASTOPEN"]
    asked = Flag(flags & _KNOWN) | (Flag.DONTWAIT if handle.nonblocking else Flag.NONE)
    return handle.socket.send(bytes(length), arguments.process.now_ns, asked, to=where)


def _announce_rest(handle: SocketHandle, now_ns: int) -> None:
    """Somebody waits with what did not fit into the SYN: the ACK of the SYN-ACK can ride on it."""
    with contextlib.suppress(CallError):
        handle.socket.send(b"rest", now_ns)
