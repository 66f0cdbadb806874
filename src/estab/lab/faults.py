"""Fault rules: which packets (a `Match`), which of those (`Choice`), when, and what happens to them (a verdict).

`drop the second SYN-ACK` is `FaultRule(SYN_ACK, Drop(), choice=nth(2))`; `delay all data of A by 80 ms between 1 s and 2 s` is
`FaultRule(DATA & sent_by("10.0.0.1"), Delay("80ms"), since="1s", until="2s")`.  Each rule counts what it matched (`seen`) and what it
did (`hits`).
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from estab.lab.clock import EPOCH_NS
from estab.lab.match import Match
from estab.lab.packets import Datum, IcmpPacket, copy_of, damaged, spell
from estab.lab.timeline import FaultRecord, Loss
from estab.lab.units import Duration, span_ns
from estab.wire.segment import ACK, RST, SYN, IcmpKind, Packet, Segment

if TYPE_CHECKING:
    from estab.lab.pipe import Pipe

FOREVER_NS = 1 << 62


@dataclass(frozen=True, slots=True)
class Drop:
    """The packet is lost."""


@dataclass(frozen=True, slots=True)
class Delay:
    """The packet goes on that much later; others may overtake it."""

    by: Duration


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Copies follow the packet, the first after `after`."""

    copies: int = 1
    after: Duration = 0


class Alter(enum.Enum):
    """Changes to the packet itself."""

    CORRUPT = "corrupt"
    MARK = "mark"
    """Congestion Experienced (RFC 3168)."""


@dataclass(frozen=True, slots=True)
class Reject:
    """The packet is dropped and its sender told by ICMP."""

    kind: IcmpKind = IcmpKind.ADMIN_PROHIBITED
    reporter: str = ""
    """Address that the ICMP error comes from; the packet's destination without one."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The packet is dropped and its sender answered with a RST that seems to come from the other end."""

    ttl: int = 64


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The packet goes on changed: the function gets a copy of its own."""

    change: Callable[[Datum], Datum]


Verdict: TypeAlias = Drop | Delay | Duplicate | Alter | Reject | Reset | Rewrite
Choice: TypeAlias = Callable[[int], bool]
"""Of the packets that match, counted from 1: is this one meant?"""


def nth(*numbers: int) -> Choice:
    """Those of these numbers."""
    return frozenset(numbers).__contains__


def first(count: int) -> Choice:
    """The first so many."""
    return lambda number: number <= count


def after(count: int) -> Choice:
    """All but the first so many."""
    return lambda number: number > count


def every(step: int) -> Choice:
    """Every `step`-th."""
    return lambda number: number % step == 0


def always(number: int) -> bool:
    """All of them."""
    del number
    return True


class FaultRule:
    """One rule; times are counted from the beginning of the run."""

    __slots__ = ("_since_ns", "_until_ns", "choice", "hits", "match", "name", "seen", "verdict")

    def __init__(
        self, match: Match, verdict: Verdict, *, choice: Choice = always, since: Duration = 0, until: Duration = FOREVER_NS, name: str = ""
    ) -> None:
        self.match, self.verdict, self.choice = match, verdict, choice
        self._since_ns, self._until_ns = EPOCH_NS + span_ns(since), EPOCH_NS + span_ns(until)
        self.name = name or f"{type(verdict).__name__.lower()} {match.words}"
        self.seen = self.hits = 0

    def stop(self, now_ns: int) -> None:
        """The rule ends now."""
        self._until_ns = now_ns

    def take(self, datum: Datum, pipe: Pipe, place: int) -> Datum | None:
        """What goes on of a packet; see `pipe.Stage`."""
        now_ns = pipe.world.clock.now_ns
        if not self._since_ns <= now_ns < self._until_ns or not self.match(datum):
            return datum
        self.seen += 1
        if not self.choice(self.seen):
            return datum
        self.hits += 1
        world = pipe.world
        if world.timeline is not None:
            packet = spell(datum, world.bases)
            world.timeline.add(FaultRecord(time_ns=now_ns, where=pipe.name, rule=self.name, packet=packet))
        return self._apply(datum, pipe, place)

    def _apply(self, datum: Datum, pipe: Pipe, place: int) -> Datum | None:
        clock = pipe.world.clock
        match self.verdict:
            case Drop():
                pipe.lose(datum, Loss.RULE)
                return None
            case Delay(by):
                clock.after(span_ns(by), lambda late: pipe.resume(late, place + 1), datum)
                return None
            case Duplicate(copies, spacing):
                for number in range(copies):
                    clock.after(span_ns(spacing) * (number + 1), lambda late: pipe.resume(late, place + 1), copy_of(datum))
                return datum
            case Reject(kind, reporter):
                pipe.lose(datum, Loss.FILTERED)
                if isinstance(datum, Packet):
                    error = IcmpPacket(reporter or datum.destination, datum.source, kind, datum)
                    clock.after(pipe.delay_ns, pipe.source.arrive, error)
                return None
            case Reset(ttl):
                pipe.lose(datum, Loss.FILTERED)
                if isinstance(datum, Packet):
                    clock.after(pipe.delay_ns, pipe.source.arrive, reset_against(datum, ttl))
                return None
            case Rewrite(change):
                return change(copy_of(datum))
            case Alter() as alter:
                return _altered(datum, alter)


def _altered(datum: Datum, alter: Alter) -> Datum:
    if alter is Alter.CORRUPT:
        return damaged(datum) if isinstance(datum, Packet) else datum
    changed = copy_of(datum)
    changed.ecn = 3
    return changed


def reset_against(packet: Packet, ttl: int = 64) -> Packet:
    """The RST that nobody at the packet's destination would answer it with (RFC 9293 §3.10.7.1)."""
    segment = packet.segment
    if segment.flags & ACK:
        answer = Segment(segment.ack, 0, RST, 0)
    else:
        length = len(segment.payload) + (1 if segment.flags & SYN else 0) + (segment.flags & 1)
        answer = Segment(0, (segment.seq + length) & 0xFFFFFFFF, RST | ACK, 0)
    return Packet(packet.destination, packet.destination_port, packet.source, packet.source_port, answer, ttl=ttl)
