"""What happened in a run, as typed records in the order of time.

A world keeps a timeline only when it is asked to; who has something to tell asks `world.timeline is not None` first, so that a large run
pays nothing.  Every record can be written as JSON (`to_dict`) and told in both languages (`told`).
"""

from __future__ import annotations

import abc
import enum
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from estab.instant import SECOND_NS
from estab.lab.clock import EPOCH_NS
from estab.machine.states import State
from estab.text import Text, msg


class Happening(enum.Enum):
    """Kinds of records; the value is their name in JSON."""

    STATE = "state"
    TIMER = "timer"
    LOST = "lost"
    FAULT = "fault"
    CALL = "call"
    HOST = "host"
    NOTE = "note"


class Loss(enum.Enum):
    """Why a packet went no further."""

    CHANCE = "lost on the link"
    QUEUE_FULL = "the queue was full"
    RULE = "dropped by a rule"
    TOO_BIG = "larger than the MTU"
    TTL = "its TTL ran out"
    NO_ROUTE = "no route"
    LINK_DOWN = "the link is cut"
    INTERFACE_DOWN = "the interface is down"
    HOST_DOWN = "the host is off"
    FILTERED = "refused by the firewall"
    TABLE_FULL = "the connection table is full"
    NOT_OURS = "the address is not this host's"
    CORRUPT = "the checksum does not match"

    @property
    def text(self) -> Text:
        """For people."""
        return _LOSS_WORDS[self]


_LOSS_WORDS = {
    Loss.CHANCE: msg("lost on the link"),
    Loss.QUEUE_FULL: msg("dropped: the queue was full"),
    Loss.RULE: msg("dropped by a rule"),
    Loss.TOO_BIG: msg("dropped: larger than the MTU"),
    Loss.TTL: msg("dropped: its TTL ran out"),
    Loss.NO_ROUTE: msg("dropped: no route"),
    Loss.LINK_DOWN: msg("lost: the link is cut"),
    Loss.INTERFACE_DOWN: msg("dropped: the interface is down"),
    Loss.HOST_DOWN: msg("lost: the host is off"),
    Loss.FILTERED: msg("dropped by the firewall"),
    Loss.TABLE_FULL: msg("dropped: the connection table is full"),
    Loss.NOT_OURS: msg("dropped: the address is not this host's"),
    Loss.CORRUPT: msg("dropped: the checksum does not match"),
}


class Fate(enum.Enum):
    """What happened to a host, a process or a link."""

    KILLED = "process killed"
    FROZEN = "process frozen"
    THAWED = "process goes on"
    POWER_OFF = "power off"
    BOOTED = "booted"
    INTERFACE_DOWN = "interface down"
    INTERFACE_UP = "interface up"
    CUT = "link cut"
    MENDED = "link mended"

    @property
    def text(self) -> Text:
        """For people."""
        return _FATE_WORDS[self]


_FATE_WORDS = {
    Fate.KILLED: msg("process killed; its kernel closes what it had open"),
    Fate.FROZEN: msg("process frozen; its kernel goes on answering"),
    Fate.THAWED: msg("process goes on"),
    Fate.POWER_OFF: msg("power off: nothing is sent, nothing is answered"),
    Fate.BOOTED: msg("booted: it remembers no connection"),
    Fate.INTERFACE_DOWN: msg("interface down"),
    Fate.INTERFACE_UP: msg("interface up"),
    Fate.CUT: msg("link cut"),
    Fate.MENDED: msg("link mended"),
}


class Timer(enum.Enum):
    """What a timer that ran out was for."""

    SYN = "SYN"
    RTO = "RTO"
    TLP = "TLP"
    PERSIST = "persist"
    KEEPALIVE = "keepalive"
    GAVE_UP = "gave up"
    TIME_WAIT = "TIME-WAIT"
    DELAYED_ACK = "delayed ACK"
    REPEATED = "retransmission"

    @property
    def text(self) -> Text:
        """For people."""
        return _TIMER_WORDS[self]


_TIMER_WORDS = {
    Timer.SYN: msg("no answer to the SYN in time"),
    Timer.RTO: msg("retransmission timeout"),
    Timer.TLP: msg("tail loss probe"),
    Timer.PERSIST: msg("window probe"),
    Timer.KEEPALIVE: msg("keepalive probe"),
    Timer.GAVE_UP: msg("patience is at its end: the connection is given up"),
    Timer.TIME_WAIT: msg("TIME-WAIT is over"),
    Timer.DELAYED_ACK: msg("the delayed ACK is due"),
    Timer.REPEATED: msg("sent again"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(abc.ABC):
    """One thing that happened: when (nanoseconds since the epoch) and at which host, link or router."""

    time_ns: int
    where: str

    kind = Happening.NOTE

    @property
    def seconds(self) -> str:
        """When, in seconds since the run began."""
        return seconds_since_start(self.time_ns)

    @property
    @abc.abstractmethod
    def told(self) -> Text | str:
        """In words."""

    @abc.abstractmethod
    def details(self) -> dict[str, Any]:
        """What the JSON has beside time, place and kind."""

    def to_dict(self) -> dict[str, Any]:
        """The record as it stands in JSON; times in nanoseconds since the run began."""
        return {"time_ns": self.time_ns - EPOCH_NS, "kind": self.kind.value, "where": self.where, **self.details()}


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRecord(Record):
    """A connection changed its state."""

    local: str
    remote: str
    old: State
    new: State
    clause: str = ""

    kind = Happening.STATE

    @property
    def told(self) -> Text | str:
        """In words."""
        return f"{self.local} → {self.remote}: {self.old.label} → {self.new.label}"

    def details(self) -> dict[str, Any]:
        """Which connection and which states."""
        return {"local": self.local, "remote": self.remote, "old": self.old.label, "new": self.new.label, "clause": self.clause}


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerRecord(Record):
    """A timer of a connection ran out, and what was sent because of it."""

    timer: Timer
    packet: str = ""

    kind = Happening.TIMER

    @property
    def told(self) -> Text | str:
        """In words."""
        return msg("timer, {why}: {packet}", why=self.timer.text, packet=self.packet) if self.packet else self.told_alone

    @property
    def told_alone(self) -> Text:
        """In words, where nothing was sent."""
        return msg("timer, {why}", why=self.timer.text)

    def details(self) -> dict[str, Any]:
        """Which timer, and what it sent."""
        return {"timer": self.timer.value, "packet": self.packet}


@dataclass(frozen=True, slots=True, kw_only=True)
class LossRecord(Record):
    """A packet went no further."""

    loss: Loss
    packet: str

    kind = Happening.LOST

    @property
    def told(self) -> Text | str:
        """In words."""
        return msg("{packet}: {why}", packet=self.packet, why=self.loss.text)

    def details(self) -> dict[str, Any]:
        """Which packet, and why."""
        return {"why": self.loss.value, "packet": self.packet}


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRecord(Record):
    """A rule took hold of a packet."""

    rule: str
    packet: str

    kind = Happening.FAULT

    @property
    def told(self) -> Text | str:
        """In words."""
        return msg("{packet}: rule “{rule}”", packet=self.packet, rule=self.rule)

    def details(self) -> dict[str, Any]:
        """Which rule and which packet."""
        return {"rule": self.rule, "packet": self.packet}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord(Record):
    """A program called the socket interface; `result` as the call gave it, or the name of its errno."""

    call: str
    result: str

    kind = Happening.CALL

    @property
    def told(self) -> Text | str:
        """In words."""
        return f"{self.call} = {self.result}"

    def details(self) -> dict[str, Any]:
        """The call and its result."""
        return {"call": self.call, "result": self.result}


@dataclass(frozen=True, slots=True, kw_only=True)
class FateRecord(Record):
    """Something happened to a host, a process or a link."""

    fate: Fate
    subject: str = ""

    kind = Happening.HOST

    @property
    def told(self) -> Text | str:
        """In words."""
        return msg("{subject}: {fate}", subject=self.subject, fate=self.fate.text) if self.subject else self.fate.text

    def details(self) -> dict[str, Any]:
        """What happened to whom."""
        return {"what": self.fate.value, "subject": self.subject}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRecord(Record):
    """What a scenario wants to say at an instant."""

    note: Text | str

    kind = Happening.NOTE

    @property
    def told(self) -> Text | str:
        """In words."""
        return self.note

    def details(self) -> dict[str, Any]:
        """The note in English."""
        return {"note": str(self.note)}


@dataclass(slots=True)
class Timeline:
    """The records of one run; at most `most`, then only their number goes on."""

    most: int = 200_000
    records: list[Record] = field(default_factory=list)
    left_out: int = 0

    def add(self, record: Record) -> None:
        """One more."""
        if len(self.records) < self.most:
            self.records.append(record)
        else:
            self.left_out += 1

    def of(self, kind: Happening) -> Iterator[Record]:
        """Those of one kind."""
        return (record for record in self.records if record.kind is kind)

    def to_list(self) -> list[dict[str, Any]]:
        """All as they stand in JSON."""
        return [record.to_dict() for record in self.records]


def seconds_since_start(time_ns: int) -> str:
    """An instant as seconds of the run: `1.000000`.

    >>> seconds_since_start(EPOCH_NS + SECOND_NS)
    '1.000000'
    """
    return f"{(time_ns - EPOCH_NS) / SECOND_NS:.6f}"
