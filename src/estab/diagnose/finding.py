"""What a rule says: a finding with its evidence, what was ruled out, and what to do.

A finding is data; `report` turns it into text or JSON.  It cannot be built without evidence, and evidence is typed: packets, an absence
in an interval, a counter that moved, the reading of a socket or of a knob.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from estab.flow import Endpoint
from estab.machine.states import State
from estab.snapshot import Owner
from estab.text import Text

CONNECTIONS_MAX = 1_000
"""Connections that a finding names; `count` tells how many there are."""
PLACES_DESCRIBED = 8
"""Places of one severity that a rule describes one by one; the others it tells as one finding (`Finding.places`)."""


@functools.total_ordering
class Severity(enum.Enum):
    """How bad it is; a worse severity is the greater one."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info, upwards."""
        return _RANKS[self.value]

    def __lt__(self, other: object) -> bool:
        return self.rank < other.rank if isinstance(other, Severity) else NotImplemented


_RANKS = {"info": 0, "warning": 1, "critical": 2}


@dataclass(frozen=True, slots=True)
class PacketsEvidence:
    """Packets of one connection that anyone can look up: `frames` are record numbers of the capture, from 1."""

    text: Text
    connection: int
    frames: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AbsenceEvidence:
    """Something that did not come between two moments."""

    text: Text
    connection: int
    from_ns: int
    to_ns: int


@dataclass(frozen=True, slots=True)
class CounterEvidence:
    """A counter that moved: of the kernel by its own name, or a count made over the capture."""

    text: Text
    counter: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class SocketName:
    """A socket of this host as people find it again: both ends, and the state it was in."""

    local: Endpoint
    remote: Endpoint
    state: State

    def __str__(self) -> str:
        if self.state is State.LISTEN:
            return str(self.local)
        return f"{self.local} → {self.remote}"


@dataclass(frozen=True, slots=True)
class SnapshotEvidence:
    """Readings of one socket, by the names of TCP_INFO and of the socket table."""

    text: Text
    socket: SocketName
    readings: Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class ProcessEvidence:
    """Readings of a process of this host."""

    text: Text
    pid: int
    command: str
    readings: Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class KnobEvidence:
    """The value that a knob has."""

    text: Text
    knob: str
    value: int | str


Evidence = PacketsEvidence | AbsenceEvidence | CounterEvidence | SnapshotEvidence | ProcessEvidence | KnobEvidence


@dataclass(frozen=True, slots=True)
class RuledOut:
    """Another cause that looks alike (its code), and why it is not this one."""

    code: str
    because: Text


class RemedyScope(enum.Enum):
    """Where a remedy is applied; the safe order goes from the application to the host."""

    APPLICATION = "application"
    SOCKET = "socket"
    KERNEL = "kernel"
    HOST = "host"


Setting = Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class Remedy:
    """One thing to do.  `set` and `undo` are knobs with values; `valid` says for which systems, `caution` what it costs.

    `expect` names the counter that stands still afterwards if it helped.
    """

    scope: RemedyScope
    text: Text
    set: Setting = field(default_factory=dict)
    undo: Setting = field(default_factory=dict)
    valid: Text | str | None = None
    caution: Text | None = None
    expect: str = ""


@dataclass(frozen=True, slots=True)
class DoNot:
    """Advice that is often given and makes it worse, with the reason."""

    text: Text


class SubjectKind(enum.Enum):
    """What a finding is about."""

    LISTENER = "listener"
    CONNECTION = "connection"
    HOST = "host"
    PATH = "path"
    CAPTURE = "capture"
    PROCESS = "process"
    SETTING = "setting"
    INTERFACE = "interface"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a finding is about: a listener has address and port, a host only an address, a capture neither.

    `name` is what a process, a setting or an interface is called.
    """

    kind: SubjectKind
    address: str | None = None
    port: int | None = None
    name: str | None = None

    def __str__(self) -> str:
        if self.address is None:
            return self.name or ""
        if self.port is None:
            return self.address
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One cause found once, however many connections it hurts.

    `members` are the rows of all connections it hurts, worst first; `confidence` is between 0 and 1; `filter` is a display filter
    of Wireshark that shows the packets; times are nanoseconds since the epoch.  `places` is more than 1 where a finding stands
    for several places together.  Of a live host, `sockets` are the worst of those it hurts and `owners` the processes that hold them.
    """

    code: str
    severity: Severity
    confidence: float
    title: Text
    summary: Text
    subject: Subject
    count: int
    evidence: tuple[Evidence, ...]
    cause: Text
    members: npt.NDArray[Any] = field(default_factory=lambda: np.zeros(0, np.int64), repr=False, compare=False)
    hit: Text | None = None
    ruled_out: tuple[RuledOut, ...] = ()
    remedy: tuple[Remedy, ...] = ()
    do_not: tuple[DoNot, ...] = ()
    references: tuple[str, ...] = ()
    filter: str = ""
    first_ns: int = 0
    last_ns: int = 0
    places: int = 1
    sockets: tuple[SocketName, ...] = ()
    owners: tuple[Owner, ...] = ()

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"{self.code}: a finding needs evidence")
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"{self.code}: confidence is a number from 0 to 1, not {self.confidence}")
        if self.count < 1:
            raise ValueError(f"{self.code}: a finding about nothing")

    @functools.cached_property
    def connections(self) -> tuple[int, ...]:
        """The worst connections, at most CONNECTIONS_MAX."""
        return tuple(self.members[:CONNECTIONS_MAX].tolist())
