"""setsockopt, getsockopt and ioctl."""

from __future__ import annotations

import errno

from estab.drill.calls.arguments import Arguments, is_at_mark
from estab.drill.process import Answer, Call, SocketHandle
from estab.drill.script import Anything, Bytes, Fields, Items, Name, Value
from estab.drill.symbols import NUMBERS, UnusableValueError, is_anything, number_of
from estab.drill.verdict import Difference
from estab.engine.socket_options import SocketOption
from estab.text import msg

_LEVELS = frozenset({"SOL_SOCKET", "SOL_TCP", "IPPROTO_TCP", "SOL_IP", "IPPROTO_IP", "SOL_IPV6", "IPPROTO_IPV6"})
_WITHOUT_EFFECT = frozenset(
    {"SO_MARK", "IP_FREEBIND", "IP_MTU_DISCOVER", "IP_TOS", "IPV6_TCLASS", "SO_PRIORITY", "IP_RECVERR", "IPV6_RECVERR"}
)
"""Options that concern other layers than TCP: they are accepted and change nothing."""
_OWN = frozenset({"SO_ZEROCOPY", "SO_TIMESTAMPING", "TCP_INQ"})


def call_setsockopt(arguments: Arguments) -> Call:
    """setsockopt(fd, level, option, [value], length)."""
    yield from ()
    handle, name = arguments.socket(), _option_name(arguments)
    if name in _WITHOUT_EFFECT:
        return Answer(0)
    if name in _OWN:
        return _set_own(handle, name, number_of(arguments.only(3)))
    value: int | str | bytes | tuple[int, int] = _value(arguments.at(3), arguments.number(4))
    if name == "TCP_FASTOPEN_KEY" and isinstance(value, str):
        value = value.encode("latin-1")
    handle.socket.setsockopt(SocketOption(name), value, arguments.process.now_ns)
    return Answer(0)


def call_getsockopt(arguments: Arguments) -> Call:
    """getsockopt(fd, level, option, [value], [length])."""
    yield from ()
    handle, name, wanted = arguments.socket(), _option_name(arguments), arguments.at(3)
    if name in _OWN or name in _WITHOUT_EFFECT:
        raise UnusableValueError(msg("{option} cannot be read here", option=name))
    found = handle.socket.getsockopt(SocketOption(name), arguments.process.now_ns)
    if isinstance(wanted, Anything):
        return Answer(0)
    expected = _value(wanted, 0)
    if expected == found or (isinstance(wanted, Items) and is_anything(wanted.items[0])):
        return Answer(0)
    return Answer(0, 0, (Difference(msg("value of {option}", option=name), str(expected), str(found)),))


def _option_name(arguments: Arguments) -> str:
    level, option = arguments.at(1), arguments.at(2)
    if not isinstance(level, Name) or not isinstance(option, Name) or level.text not in _LEVELS:
        raise UnusableValueError(msg("a level and an option are needed here, by their names"))
    if option.text not in _WITHOUT_EFFECT | _OWN and option.text not in {known.value for known in SocketOption}:
        raise UnusableValueError(msg("the socket option {option} is not known here", option=option.text))
    return option.text


def _set_own(handle: SocketHandle, name: str, value: int) -> Answer:
    if name == "SO_ZEROCOPY":
        handle.errors.zerocopy = bool(value)
    elif name == "SO_TIMESTAMPING":
        handle.errors.ask_for_stamps(value)
    else:
        handle.tells_inq = bool(value)
    return Answer(0)


def _value(value: Value, length: int) -> int | str | tuple[int, int]:
    """The value of an option: a number in a list, a struct linger, or a name."""
    match value:
        case Bytes(content):
            return (content[:length] if length else content).rstrip(b"\0").decode("latin-1")
        case Fields(items) if {"onoff", "linger"} <= set(items):
            return number_of(items["onoff"]), number_of(items["linger"])
        case Items((Fields() as only,)):
            return _value(only, length)
        case Items((only,)):
            return number_of(only) if not is_anything(only) else 0
    return number_of(value)


def call_ioctl(arguments: Arguments) -> Call:
    """ioctl(fd, SIOCINQ | SIOCOUTQ | SIOCOUTQNSD | SIOCATMARK, [value])."""
    yield from ()
    handle, request = arguments.socket(), arguments.number(1)
    socket = handle.socket
    if request == NUMBERS["SIOCINQ"]:
        found = socket.input_queue_bytes
    elif request == NUMBERS["SIOCOUTQ"]:
        found = socket.output_queue_bytes
    elif request == NUMBERS["SIOCOUTQNSD"]:
        found = socket.unsent_queue_bytes
    elif request == NUMBERS["SIOCATMARK"]:
        found = int(is_at_mark(handle))
    else:
        return Answer(-1, errno.EINVAL)
    wanted = arguments.only(2)
    if is_anything(wanted) or number_of(wanted) == found:
        return Answer(0)
    return Answer(0, 0, (Difference(msg("value of the ioctl"), str(number_of(wanted)), str(found)),))
