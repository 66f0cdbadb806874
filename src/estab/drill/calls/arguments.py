"""The arguments of one call, read as what they are meant to be."""

from __future__ import annotations

from dataclasses import dataclass

from estab.drill.process import Process, SocketHandle
from estab.drill.script import Anything, CallAction, Fields, Items, Name, Value
from estab.drill.symbols import MESSAGES, UnusableValueError, address_of, is_anything, number_of
from estab.text import msg

NULL = Name("NULL")


@dataclass(frozen=True, slots=True)
class Arguments:
    """A call as written, and the process that makes it."""

    process: Process
    action: CallAction

    def at(self, index: int) -> Value:
        """An argument; raises UnusableValueError where there are fewer."""
        if index >= len(self.action.arguments):
            raise UnusableValueError(
                msg("{call}() needs {count} arguments", call=self.action.name, count=index + 1),
            )
        return self.action.arguments[index]

    def number(self, index: int) -> int:
        """An argument that is a number."""
        return number_of(self.at(index))

    def socket(self, index: int = 0) -> SocketHandle:
        """An argument that is the descriptor of a socket."""
        return self.process.socket(self.number(index))

    @property
    def expected(self) -> int:
        """The result that the script wants."""
        return -1 if is_anything(self.action.result) else number_of(self.action.result)

    @property
    def new_descriptor(self) -> int:
        """The number of a descriptor that the call makes."""
        return self.expected

    def endpoint(self, index: int, default: tuple[str, int]) -> tuple[str, int] | None:
        """A socket address; `...` is the default, AF_UNSPEC is None."""
        value = self.at(index)
        if isinstance(value, Anything):
            return default
        if value == Name("AF_UNSPEC"):
            return None
        if not isinstance(value, Fields):
            raise UnusableValueError(msg("a socket address is needed here"))
        family = value.items.get("sa_family", Anything())
        if family == Name("AF_UNSPEC"):
            return None
        host = value.items.get("sin_addr", value.items.get("sin6_addr", Anything()))
        port = value.items.get("sin_port", value.items.get("sin6_port", Anything()))
        return (
            default[0] if isinstance(host, Anything) else address_of(host),
            default[1] if isinstance(port, Anything) else number_of(port),
        )

    def only(self, index: int) -> Value:
        """The one element of a list such as `[1]`."""
        value = self.at(index)
        if not isinstance(value, Items) or len(value.items) != 1:
            raise UnusableValueError(msg("a list with one element is needed here"))
        return value.items[0]


def lengths_of(value: Value) -> list[int]:
    """The lengths of the pieces in an array of `{..., length}`."""
    if not isinstance(value, Items):
        raise UnusableValueError(msg("an array of pieces {{..., length}} is needed here"))
    lengths: list[int] = []
    for piece in value.items:
        if not isinstance(piece, Items) or len(piece.items) != 2:
            raise UnusableValueError(msg("an array of pieces {{..., length}} is needed here"))
        lengths.append(number_of(piece.items[1]))
    return lengths


def message_flags(number: int, *names: str) -> bool:
    """Whether any of these flags is in a set."""
    return any(number & MESSAGES[name] for name in names)


def is_at_mark(handle: SocketHandle) -> bool:
    """SIOCATMARK: the next byte to read is the urgent one (net/ipv4/tcp.c, tcp_ioctl)."""
    entry = handle.socket.entry
    receiver = None if entry is None else entry.connection.receiver
    return receiver is not None and receiver.at_mark
