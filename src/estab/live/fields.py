"""What a filter, an order or a grouping of sockets may name: each field declared once, with how it is read from the table.

A field that a socket does not have (the RTT of a TIME-WAIT, an age that nothing tells) is unknown; no comparison with it holds.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from estab.live.expression import Operator
from estab.live.literals import (
    LiteralError,
    read_duration_us,
    read_network,
    read_number,
    read_pattern,
    read_port,
    read_size,
    read_state,
    read_timer,
)
from estab.live.view import View
from estab.machine.states import State
from estab.text import Text, msg

Mask = npt.NDArray[np.bool_]


class Kind(enum.Enum):
    """What a field's values are, and so how they are written and compared; the value is the word for people."""

    STATE = msg("state")
    TIMER = msg("timer")
    ADDRESS = msg("address or network")
    PORT = msg("port")
    NUMBER = msg("number")
    BYTES = msg("bytes")
    DURATION = msg("duration")
    TEXT = msg("text")


ORDERED = frozenset({Kind.PORT, Kind.NUMBER, Kind.BYTES, Kind.DURATION})
"""Kinds of which one value can be greater than another."""

_READERS: Mapping[Kind, Callable[[str], Any]] = {
    Kind.STATE: read_state,
    Kind.TIMER: read_timer,
    Kind.ADDRESS: read_network,
    Kind.PORT: read_port,
    Kind.NUMBER: read_number,
    Kind.BYTES: read_size,
    Kind.DURATION: read_duration_us,
    Kind.TEXT: str,
}


@dataclass(frozen=True, slots=True)
class Column:
    """Numbers of all sockets (durations in µs), and for which of them they are known."""

    values: npt.NDArray[Any]
    known: Mask | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field.

    Numbers come from `columns`: of several (`port` is both ends') one that fits is enough.  Texts of owners and algorithms come from
    `texts`, by row of the table.  Addresses come from `sides`.
    """

    name: str
    kind: Kind
    title: Text
    spellings: tuple[str, ...] = ()
    columns: Callable[[View], tuple[Column, ...]] | None = None
    texts: Callable[[View], list[tuple[str, ...]]] | None = None
    sides: tuple[str, ...] = ()
    of_owner: bool = False
    """Whether processes must be looked for."""


def _plain(name: str) -> Callable[[View], tuple[Column, ...]]:
    """A column that every socket has."""
    return lambda view: (Column(view.table[name]),)


def _informed(name: str, *, scale: int = 1, zero_is_unknown: bool = False) -> Callable[[View], tuple[Column, ...]]:
    """A column of TCP_INFO; listeners have other things in these fields."""

    def read(view: View) -> tuple[Column, ...]:
        values = view.table[name].astype(np.int64) * scale if scale > 1 else view.table[name]
        known = view.table["has_info"] & (view.table["state"] != State.LISTEN)
        return (Column(values, known & (values > 0) if zero_is_unknown else known),)

    return read


def _of_listener(name: str, *, wanted: bool) -> Callable[[View], tuple[Column, ...]]:
    return lambda view: (Column(view.table[name], (view.table["state"] == State.LISTEN) == wanted),)


def _milliseconds(read: Callable[[View], npt.NDArray[np.int64]]) -> Callable[[View], tuple[Column, ...]]:
    """Times of `ages`, of which -1 is unknown."""

    def column(view: View) -> tuple[Column, ...]:
        values = read(view)
        return (Column(values * 1000, values >= 0),)

    return column


def _expires(view: View) -> tuple[Column, ...]:
    return (Column(view.table["timer_expires_ms"].astype(np.int64) * 1000, view.table["timer"] != 0),)


def _memory(name: str) -> Callable[[View], tuple[Column, ...]]:
    return lambda view: (Column(view.table[name], view.table["has_memory"]),)


def _ports(view: View) -> tuple[Column, ...]:
    return tuple(Column(view.table[f"{side}_port"]) for side in ("local", "remote"))


def _congestion(view: View) -> list[tuple[str, ...]]:
    names, places = np.unique(view.table["congestion"], return_inverse=True)
    spelled = [(name.decode(errors="replace"),) if name else () for name in names.tolist()]
    return [spelled[place] for place in places.tolist()]


FIELDS_IN_ORDER = (
    Field(name="state", kind=Kind.STATE, title=msg("state, in any usual spelling"), columns=_plain("state")),
    Field(name="address", kind=Kind.ADDRESS, title=msg("either end's address"), spellings=("addr",), sides=("local", "remote")),
    Field(name="local", kind=Kind.ADDRESS, title=msg("this end's address"), spellings=("src", "laddr"), sides=("local",)),
    Field(name="peer", kind=Kind.ADDRESS, title=msg("the other end's address"), spellings=("remote", "dst", "raddr"), sides=("remote",)),
    Field(name="port", kind=Kind.PORT, title=msg("either end's port"), columns=_ports),
    Field(name="local_port", kind=Kind.PORT, title=msg("this end's port"), spellings=("lport", "sport"), columns=_plain("local_port")),
    Field(
        name="peer_port",
        kind=Kind.PORT,
        title=msg("the other end's port"),
        spellings=("rport", "dport", "remote_port"),
        columns=_plain("remote_port"),
    ),
    Field(name="family", kind=Kind.NUMBER, title=msg("4 or 6, the socket's own"), columns=_plain("family")),
    Field(
        name="process",
        kind=Kind.TEXT,
        title=msg("command of an owner"),
        spellings=("command", "comm"),
        texts=lambda view: view.owner_texts("command"),
        of_owner=True,
    ),
    Field(
        name="command_line",
        kind=Kind.TEXT,
        title=msg("command line of an owner"),
        spellings=("cmdline",),
        texts=lambda view: view.owner_texts("command_line"),
        of_owner=True,
    ),
    Field(name="pid", kind=Kind.TEXT, title=msg("process number of an owner"), texts=lambda view: view.owner_texts("pid"), of_owner=True),
    Field(name="unit", kind=Kind.TEXT, title=msg("systemd unit of an owner"), texts=lambda view: view.owner_texts("unit"), of_owner=True),
    Field(
        name="container",
        kind=Kind.TEXT,
        title=msg("container of an owner"),
        texts=lambda view: view.owner_texts("container"),
        of_owner=True,
    ),
    Field(name="uid", kind=Kind.NUMBER, title=msg("user number of the socket"), spellings=("user",), columns=_plain("uid")),
    Field(name="age", kind=Kind.DURATION, title=msg("least time in this state"), columns=_milliseconds(lambda view: view.age_ms)),
    Field(name="idle", kind=Kind.DURATION, title=msg("time since data moved"), columns=_milliseconds(lambda view: view.idle_ms)),
    Field(
        name="recv_queue", kind=Kind.BYTES, title=msg("bytes received and not read"), spellings=("recvq", "recv-q"),
        columns=_of_listener("recv_queue", wanted=False),
    ),
    Field(
        name="send_queue", kind=Kind.BYTES, title=msg("bytes written and not acknowledged"), spellings=("sendq", "send-q"),
        columns=_of_listener("send_queue", wanted=False),
    ),
    Field(
        name="accept_queue", kind=Kind.NUMBER, title=msg("connections that a listener has not accepted yet"),
        columns=_of_listener("recv_queue", wanted=True),
    ),
    Field(
        name="accept_limit", kind=Kind.NUMBER, title=msg("a listener's limit of them"), spellings=("backlog",),
        columns=_of_listener("send_queue", wanted=True),
    ),
    Field(name="timer", kind=Kind.TIMER, title=msg("none, retransmit, keepalive, persist or time-wait"), columns=_plain("timer")),
    Field(name="expires", kind=Kind.DURATION, title=msg("until that timer expires"), columns=_expires),
    Field(name="retries", kind=Kind.NUMBER, title=msg("how often that timer has expired"), columns=_plain("timer_retries")),
    Field(
        name="resent", kind=Kind.NUMBER, title=msg("segments sent again so far"), spellings=("retrans", "retransmits", "total_retrans"),
        columns=_informed("total_retrans"),
    ),
    Field(name="rtt", kind=Kind.DURATION, title=msg("smoothed round-trip time"), columns=_informed("rtt_us", zero_is_unknown=True)),
    Field(name="min_rtt", kind=Kind.DURATION, title=msg("least round-trip time"), columns=_informed("min_rtt_us", zero_is_unknown=True)),
    Field(name="rto", kind=Kind.DURATION, title=msg("retransmission timeout"), columns=_informed("rto_us")),
    Field(name="cwnd", kind=Kind.NUMBER, title=msg("congestion window in segments"), columns=_informed("snd_cwnd_segments")),
    Field(name="mss", kind=Kind.BYTES, title=msg("largest segment sent"), columns=_informed("snd_mss_bytes")),
    Field(name="pmtu", kind=Kind.BYTES, title=msg("path MTU"), columns=_informed("pmtu_bytes")),
    Field(name="unacked", kind=Kind.NUMBER, title=msg("segments in flight"), columns=_informed("unacked_segments")),
    Field(name="lost", kind=Kind.NUMBER, title=msg("segments taken for lost"), columns=_informed("lost_segments")),
    Field(name="notsent", kind=Kind.BYTES, title=msg("bytes that wait for the window"), columns=_informed("notsent_bytes")),
    Field(name="sent", kind=Kind.BYTES, title=msg("bytes sent, repetitions included"), columns=_informed("bytes_sent")),
    Field(name="received", kind=Kind.BYTES, title=msg("bytes received"), columns=_informed("bytes_received")),
    Field(name="busy", kind=Kind.DURATION, title=msg("time with data to send"), columns=_informed("busy_time_us")),
    Field(
        name="rwnd_limited", kind=Kind.DURATION, title=msg("time stopped by the peer's window"), columns=_informed("rwnd_limited_us")
    ),
    Field(
        name="sndbuf_limited", kind=Kind.DURATION, title=msg("time stopped by the send buffer"), columns=_informed("sndbuf_limited_us")
    ),
    Field(
        name="delivery_rate", kind=Kind.BYTES, title=msg("bytes per second that arrive"), columns=_informed("delivery_rate_bytes_per_s")
    ),
    Field(name="drops", kind=Kind.NUMBER, title=msg("packets dropped at the socket"), columns=_memory("drops")),
    Field(name="memory", kind=Kind.BYTES, title=msg("memory of received data"), columns=_memory("rmem_alloc_bytes")),
    Field(name="congestion", kind=Kind.TEXT, title=msg("congestion control"), spellings=("cc",), texts=_congestion),
    Field(name="mark", kind=Kind.NUMBER, title=msg("firewall mark"), columns=_plain("mark")),
    Field(name="inode", kind=Kind.NUMBER, title=msg("inode; 0 for a socket of no process"), columns=_plain("inode")),
)  # fmt: skip
"""Every field in the order in which it is explained."""

FIELDS: Mapping[str, Field] = {field.name: field for field in FIELDS_IN_ORDER}

_SPELLINGS = {
    spelling.replace("-", "_").replace(".", "_"): field.name for field in FIELDS_IN_ORDER for spelling in (field.name, *field.spellings)
}


def find_field(name: str) -> str | None:
    """The name of a field in any spelling, None for one that does not exist.

    >>> find_field("recv-q"), find_field("peer.port"), find_field("colour")
    ('recv_queue', 'peer_port', None)
    """
    return _SPELLINGS.get(name.lower().replace("-", "_").replace(".", "_"))


def read_value(name: str, operator: Operator, text: str) -> Any:
    """A value for a comparison with this field; raises LiteralError for one, or for a comparison, that has no meaning there."""
    kind = FIELDS[name].kind
    if operator in {Operator.MATCHES, Operator.MATCHES_NOT}:
        if kind is not Kind.TEXT:
            raise LiteralError(msg("{name} is no text; ~ compares texts", name=name))
        return read_pattern(text)
    if operator not in {Operator.EQUAL, Operator.UNEQUAL} and kind not in ORDERED:
        raise LiteralError(msg("{name} has no order; compare it with == or !=", name=name))
    return _READERS[kind](text)
