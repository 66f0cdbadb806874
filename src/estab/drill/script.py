"""A packet script as a value: what the parser makes and the runner plays.

Times are integer nanoseconds.  Sequence numbers are those of the script, which count from each side's first SYN.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from estab.drill.source import Place


class TimeKind(enum.Enum):
    """How the time of an event is meant."""

    ABSOLUTE = "absolute"
    RELATIVE = "relative"
    """`+t`: after the event before it."""
    ANY = "any"
    """`*`: whenever it comes; outbound packets only."""


@dataclass(frozen=True, slots=True)
class When:
    """When an event happens; of a range `a~b` both ends (else `until_ns` is None)."""

    kind: TimeKind
    ns: int = 0
    until_ns: int | None = None


class Direction(enum.Enum):
    """Seen from the TCP under test."""

    IN = "<"
    OUT = ">"


class EcnCheck(enum.Enum):
    """What is asked of the ECN field of an outbound packet; inbound ones are given the number."""

    NOT_ASKED = -1
    NOT_ECT = 0
    ECT_1 = 1
    ECT_0 = 2
    CE = 3
    ANY_ECT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class IpInfo:
    """What stands in brackets before a packet: ECN, the whole TOS byte, flow label, TTL; None where it is not said."""

    ecn: EcnCheck = EcnCheck.NOT_ASKED
    tos: int | None = None
    flow_label: int | None = None
    ttl: int | None = None


class OptionKind(enum.IntEnum):
    """TCP options by their number in the header."""

    EOL = 0
    NOP = 1
    MSS = 2
    WSCALE = 3
    SACK_OK = 4
    SACK = 5
    TIMESTAMPS = 8
    MD5 = 19
    USER_TIMEOUT = 28
    FAST_OPEN = 34
    ACCURATE_ECN_0 = 172
    ACCURATE_ECN_1 = 174
    EXPERIMENTAL = 254


RAW = -1
"""The kind of bytes that are no option at all, or a broken one."""


@dataclass(frozen=True, slots=True)
class OptionSpec:
    """One TCP option: `numbers` holds MSS, the shift, (val, ecr), the edges of the blocks or ECN counters; `blob` a cookie or digest."""

    kind: int
    """One of OptionKind, any other number, or RAW."""
    numbers: tuple[int, ...] = ()
    blob: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpSpec:
    """A segment as written.  None: not said; `options` None: `<...>`, any."""

    flags: int
    seq: int
    payload_bytes: int
    ack: int | None = None
    window: int | None = None
    urgent: int = 0
    options: tuple[OptionSpec, ...] | None = ()
    ace: int | None = None
    """The three ACE bits as one number, where the flags were written so (RFC 9768 §3.2.2)."""
    ports: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IcmpSpec:
    """An ICMP error; `quoted` is (seq, payload) of the segment it quotes, in the numbers of the script."""

    type: str
    code: str | None = None
    mtu_bytes: int | None = None
    quoted: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class PacketAction:
    """A packet that the script sends (IN) or expects (OUT)."""

    direction: Direction
    ip: IpInfo
    body: TcpSpec | IcmpSpec


# Values in calls.


@dataclass(frozen=True, slots=True)
class Anything:
    """`...`: not important, or filled in by the runner."""


@dataclass(frozen=True, slots=True)
class Number:
    """An integer."""

    value: int


@dataclass(frozen=True, slots=True)
class Name:
    """A symbol such as SOL_SOCKET."""

    text: str


@dataclass(frozen=True, slots=True)
class Bytes:
    """A string in quotes; `open_ended` where `...` follows."""

    value: bytes
    open_ended: bool = False


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Symbols and numbers joined by `|`."""

    parts: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """`[a, b]`, or `{a, b}` without names."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """`{name=value, …}`: a struct; what stands in round brackets behind a name (`msg_iov(2)=`) says nothing more and is dropped."""

    items: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Made:
    """`htons(8080)`, `inet_addr("…")`."""

    function: str
    argument: Value


Value: TypeAlias = Anything | Number | Name | Bytes | AnyOf | Items | Fields | Made


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAction:
    """A system call with the result it must have.  `until_ns`: a blocking one, and when it returns (as its event's time is meant)."""

    name: str
    arguments: tuple[Value, ...]
    result: Value
    errno: str | None = None
    note: str | None = None
    until_ns: int | None = None


@dataclass(frozen=True, slots=True)
class ShellAction:
    """Lines for a shell, which are understood and not run."""

    text: str


@dataclass(frozen=True, slots=True)
class CodeAction:
    """Assertions in Python over the connection's TCP_INFO."""

    text: str


Action: TypeAlias = PacketAction | CallAction | ShellAction | CodeAction


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens or is expected at a time; `text` is its spelling."""

    place: Place
    when: When
    action: Action
    text: str


@dataclass(frozen=True, slots=True)
class Option:
    """`--name=value` at the head of a script; None without a value."""

    name: str
    value: str | None
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A whole script."""

    path: str
    options: tuple[Option, ...] = ()
    setup: ShellAction | None = None
    setup_place: Place = field(default=Place(1))
    events: tuple[Event, ...] = ()
    cleanup: ShellAction | None = None
