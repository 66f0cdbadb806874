"""Calls that receive: read, recv, recvfrom, recvmsg, readv, splice; open and pipe beside them."""

from __future__ import annotations

import errno

from estab.drill.calls.arguments import NULL, Arguments, is_at_mark, lengths_of, message_flags
from estab.drill.errqueue import Completion, Stamp
from estab.drill.process import Answer, Call, FileHandle, Pipe, PipeHandle, SocketHandle
from estab.drill.script import Bytes, Fields, Items, Value
from estab.drill.symbols import MESSAGES, NUMBERS, UnusableValueError, errno_of, is_anything, name_flags, number_of
from estab.drill.verdict import Difference
from estab.engine.socket_options import CallError
from estab.engine.sockets import Flag
from estab.instant import SECOND_NS
from estab.text import msg

_KNOWN = sum(Flag)


def call_read(arguments: Arguments) -> Call:
    """read(fd, ..., length)."""
    return (yield from _receive(arguments, arguments.number(2), 0))


def call_recv(arguments: Arguments) -> Call:
    """recv(fd, ..., length, flags), recvfrom() too."""
    return (yield from _receive(arguments, arguments.number(2), arguments.number(3)))


def call_readv(arguments: Arguments) -> Call:
    """readv(fd, [{..., length}, …], count)."""
    return (yield from _receive(arguments, sum(lengths_of(arguments.at(1))), 0))


def call_recvmsg(arguments: Arguments) -> Call:
    """recvmsg(fd, {msg_name…, msg_iov…, msg_flags, msg_control}, flags), with MSG_ERRQUEUE from the error queue."""
    message, handle = arguments.at(1), arguments.socket()
    if not isinstance(message, Fields) or "msg_iov" not in message.items:
        raise UnusableValueError(msg("a message with msg_iov is needed here"))
    flags = arguments.number(2)
    if message_flags(flags, "MSG_ERRQUEUE"):
        return _from_error_queue(handle, message)
    answer = yield from _receive(arguments, sum(lengths_of(message.items["msg_iov"])), flags)
    wanted = message.items.get("msg_control")
    if answer.value < 0 or wanted is None:
        return answer
    told = [("TCP_CM_INQ", {"cmsg_data": _left(handle)})] if handle.tells_inq else []
    return Answer(answer.value, 0, _control_differences(wanted, told))


def _left(handle: SocketHandle) -> int:
    """What TCP_INQ tells: bytes that can still be read, the end of the stream counted as one (net/ipv4/tcp.c, tcp_inq_hint)."""
    entry = handle.socket.entry
    receiver = None if entry is None else entry.connection.receiver
    ended = receiver is not None and receiver.fin_reached
    return handle.socket.input_queue_bytes or int(ended)


def _receive(arguments: Arguments, length: int, flags: int) -> Call:
    """Everything that receives: waits for the first byte unless nothing may wait; with MSG_WAITALL for all of them."""
    handle = arguments.socket()
    waits = not handle.nonblocking and not message_flags(flags, "MSG_DONTWAIT")
    wants_all = waits and message_flags(flags, "MSG_WAITALL")
    got = 0
    while True:
        try:
            bad = arguments.at(1) == NULL
            data = handle.socket.recv(length - got, arguments.process.now_ns, Flag(flags & _KNOWN) | (Flag.PEEK if bad else Flag.NONE))
            if bad and data:
                return Answer(-1, errno.EFAULT)
            got += len(data)
            if not wants_all or got >= length or not data:
                return Answer(got)
        except CallError as problem:
            if problem.errno != errno.EAGAIN or not waits:
                raise
        yield None


def _from_error_queue(handle: SocketHandle, message: Fields) -> Answer:
    """One report, as control messages; errno EAGAIN where there is none, even for a blocking socket."""
    report = handle.errors.take()
    if report is None:
        return Answer(-1, errno.EAGAIN)
    told: list[tuple[str, dict[str, int]]] = []
    if isinstance(report, Stamp):
        told.append(("SCM_TIMESTAMPING", {"scm_sec": report.at_ns // SECOND_NS, "scm_nsec": report.at_ns % SECOND_NS}))
        told.append(("error", _extended(errno.ENOMSG, "SO_EE_ORIGIN_TIMESTAMPING", 0, report.kind, report.key)))
    else:
        assert isinstance(report, Completion)
        copied = NUMBERS["SO_EE_CODE_ZEROCOPY_COPIED"]
        told.append(("error", _extended(0, "SO_EE_ORIGIN_ZEROCOPY", copied, report.first, report.last)))
    flags = MESSAGES["MSG_ERRQUEUE"] | (MESSAGES["MSG_TRUNC"] if isinstance(report, Stamp) else 0)
    differences = _control_differences(message.items.get("msg_control", Items(())), told)
    wanted = message.items.get("msg_flags")
    if wanted is not None and not is_anything(wanted) and number_of(wanted) != flags:
        differences += (Difference(msg("message flags"), name_flags(number_of(wanted), MESSAGES), name_flags(flags, MESSAGES)),)
    return Answer(0, 0, differences)


def _extended(number: int, origin: str, code: int, info: int, data: int) -> dict[str, int]:
    """`struct sock_extended_err`."""
    return {"ee_errno": number, "ee_origin": NUMBERS[origin], "ee_type": 0, "ee_code": code, "ee_info": info, "ee_data": data}


_STAMP_TOLERANCE_NS = 4_000_000


def _control_differences(wanted: Value, told: list[tuple[str, dict[str, int]]]) -> tuple[Difference, ...]:
    """Control messages as written beside those that came, in their order."""
    if is_anything(wanted):
        return ()
    if not isinstance(wanted, Items):
        raise UnusableValueError(msg("a list of control messages is needed here"))
    if len(wanted.items) != len(told):
        return (Difference(msg("number of control messages"), str(len(wanted.items)), str(len(told))),)
    found: list[Difference] = []
    for item, (kind, values) in zip(wanted.items, told, strict=True):
        if not isinstance(item, Fields):
            raise UnusableValueError(msg("a control message is a struct"))
        expected = _flattened(item)
        found += [
            Difference(msg("control message {kind}, {name}", kind=kind, name=name), str(expected[name]), str(value))
            for name, value in values.items()
            if name in expected and not _agree(name, expected[name], value)
        ]
    return tuple(found)


def _agree(name: str, expected: int, actual: int) -> bool:
    return abs(expected - actual) <= _STAMP_TOLERANCE_NS if name == "scm_nsec" else expected == actual


def _flattened(fields: Fields) -> dict[str, int]:
    """The numbers in a struct and in the structs within; the kind of a message is told by what it holds."""
    numbers: dict[str, int] = {}
    for name, value in fields.items.items():
        if isinstance(value, Fields):
            numbers |= _flattened(value)
        elif name not in {"cmsg_level", "cmsg_type"} and not is_anything(value):
            numbers[name] = errno_of(value) if name == "ee_errno" else number_of(value)
    return numbers


def call_open(arguments: Arguments) -> Call:
    """open(path, flags), of a file that the script has made."""
    yield from ()
    path = arguments.at(0)
    if not isinstance(path, Bytes):
        raise UnusableValueError(msg("open() needs a path"))
    size_bytes = arguments.process.files.get(path.value.decode("utf-8", "replace"))
    if size_bytes is None:
        return Answer(-1, errno.ENOENT)
    arguments.process.handles[arguments.new_descriptor] = FileHandle(size_bytes)
    return Answer(arguments.new_descriptor)


def call_pipe(arguments: Arguments) -> Call:
    """pipe([in, out])."""
    yield from ()
    ends = arguments.at(0)
    if not isinstance(ends, Items) or len(ends.items) != 2:
        raise UnusableValueError(msg("pipe() needs the numbers of both ends"))
    pipe = Pipe()
    for end in ends.items:
        arguments.process.handles[number_of(end)] = PipeHandle(pipe)
    return Answer(0)


def call_splice(arguments: Arguments) -> Call:
    """splice(socket, NULL, pipe, NULL, length, flags); it ends at urgent data as a read does."""
    process, length = arguments.process, arguments.number(4)
    handle, target = arguments.socket(), process.handle(arguments.number(2))
    if not isinstance(target, PipeHandle):
        raise UnusableValueError(msg("splice() needs a socket and a pipe"))
    waits = not handle.nonblocking
    while True:
        if is_at_mark(handle):
            return Answer(0)
        try:
            data = handle.socket.recv(length, process.now_ns, Flag.NONE)
            target.pipe.content += data
            return Answer(len(data))
        except CallError as problem:
            if problem.errno != errno.EAGAIN or not waits:
                raise
        yield None
