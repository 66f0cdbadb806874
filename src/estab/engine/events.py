"""What a connection tells its owner: closed set of typed events, taken one by one from `Connection.poll_event`.

Events say that something has changed, never how much: the amount is asked of the connection.  Equal ones that nobody has taken yet
are told once.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from estab.machine.states import State
from estab.machine.table import Row


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events."""


@dataclass(frozen=True, slots=True)
class StateChanged(Event):
    """One step of the state machine; `row` is the reason, with its clause."""

    old: State
    new: State
    row: Row

    @property
    def clause(self) -> str:
        """Where the step is written: `RFC 9293 §3.10.7.4`."""
        return self.row.clause


@dataclass(frozen=True, slots=True)
class Opened(Event):
    """The handshake is complete; user data may flow both ways."""


@dataclass(frozen=True, slots=True)
class FastOpenAnswered(Event):
    """The SYN-ACK to a SYN with a Fast Open option or data (RFC 7413 §4.1.3.2): what a client's cache of cookies must know."""

    cookie: bytes | None
    """None: the server sent none.  Empty is as good as none."""
    experimental: bool
    mss_bytes: int
    data_sent_bytes: int
    data_acked_bytes: int
    syn_retransmits: int = 0
    """How often the SYN had been sent again (without option and data) before the answer came."""
    asked: bool = True
    """The SYN had the option; False: data without a cookie."""


@dataclass(frozen=True, slots=True)
class DataArrived(Event):
    """There is more to read than before."""


@dataclass(frozen=True, slots=True)
class UrgentArrived(Event):
    """The peer has sent urgent data (RFC 9293 §3.10.7.4, sixth step; SIGURG)."""


@dataclass(frozen=True, slots=True)
class PeerClosed(Event):
    """The peer's FIN has been reached: behind the data that can still be read there is nothing more."""


@dataclass(frozen=True, slots=True)
class WriteRoom(Event):
    """A write that was refused or cut short may be tried again."""


@dataclass(frozen=True, slots=True)
class Refused(Event):
    """The connection never came to be: a RST in answer to the SYN, or an ICMP error; `errno` as connect() gives it."""

    errno: int


@dataclass(frozen=True, slots=True)
class Reset(Event):
    """The connection was cut off; `errno` is ECONNRESET, or EPIPE where the peer had closed before (as Linux tells them apart)."""

    errno: int


@dataclass(frozen=True, slots=True)
class Closing(Event):
    """The user's own CLOSE or ABORT ended an opening that had not been answered."""


class Patience(enum.Enum):
    """Which limit of patience ran out."""

    SYN = "the last SYN was not answered"
    SYN_ACK = "the last SYN-ACK was not acknowledged"
    RETRANSMISSIONS = "the last retransmission was not acknowledged"
    PERSIST = "the last window probe was not answered"
    KEEPALIVE = "the last keepalive probe was not answered"
    USER_TIMEOUT = "the user timeout ran out"
    ORPHAN = "the last retransmission of an orphan was not acknowledged"
    FIN_WAIT_2 = "the peer of an orphan did not close"


@dataclass(frozen=True, slots=True)
class TimedOut(Event):
    """A limit of patience was reached; `errno` is ETIMEDOUT, or the soft error (ICMP) that had come before."""

    errno: int
    patience: Patience


@dataclass(frozen=True, slots=True)
class ErrorQueued(Event):
    """`Connection.error` has been set (SO_ERROR) without the connection having ended."""

    errno: int


@dataclass(frozen=True, slots=True)
class EnteredTimeWait(Event):
    """The connection needs no more than a small record from now on; `duration_ns` says for how long.

    `fin_wait_2` marks an orphan that waits for the peer's FIN, which Linux keeps in the same kind of record.
    """

    duration_ns: int
    fin_wait_2: bool = False


@dataclass(frozen=True, slots=True)
class Ended(Event):
    """The TCB is gone: state CLOSED, nothing more will be sent except what `poll_transmit` still holds."""


OPENED, DATA_ARRIVED, URGENT_ARRIVED, PEER_CLOSED = Opened(), DataArrived(), UrgentArrived(), PeerClosed()
WRITE_ROOM, CLOSING, ENDED = WriteRoom(), Closing(), Ended()
