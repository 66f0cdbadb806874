"""What the sending half gives to its connection: segments without header, results of ACKs, verdicts of deadlines."""

from __future__ import annotations

import enum
import errno
from dataclasses import dataclass

from estab.engine.events import Patience


class Outgoing:
    """A segment to be sent now; the connection adds ACK, window and options.  `seq` is a position."""

    __slots__ = ("cwr", "ect", "fin", "is_probe", "is_retransmission", "payload", "psh", "segments", "seq", "urgent_position")

    def __init__(
        self,
        seq: int,
        payload: bytes,
        fin: bool,
        psh: bool,
        is_retransmission: bool,
        segments: int,
        urgent_position: int | None,
        ect: bool,
        cwr: bool,
        is_probe: bool = False,
    ) -> None:
        self.seq = seq
        self.payload = payload
        self.fin = fin
        self.psh = psh
        self.is_retransmission = is_retransmission
        self.segments = segments
        """More than 1 only where `gso_max_bytes` allows large segments."""
        self.urgent_position = urgent_position
        """Position of the last urgent byte, None for none: URG is set, and the pointer leads behind that byte (RFC 6093 §2)."""
        self.ect = ect
        """The IP header says ECT(0): new data of a connection with ECN (RFC 3168 §6.1.5 leaves retransmissions out)."""
        self.cwr = cwr
        self.is_probe = is_probe
        """A window probe without payload: `seq` lies one below SND.UNA, so that the peer answers."""

    @property
    def end(self) -> int:
        """Position behind the segment, a FIN counted."""
        return self.seq + len(self.payload) + self.fin

    def __repr__(self) -> str:
        kind = "R" if self.is_retransmission else "P" if self.is_probe else "N"
        return f"<{kind} {self.seq}:{self.end}({len(self.payload)}){' FIN' if self.fin else ''}{' PSH' if self.psh else ''}>"


class AckResult:
    """What an ACK has brought."""

    __slots__ = ("fin_acked", "is_duplicate", "newly_acked_bytes", "progress", "window_updated")

    def __init__(self, newly_acked_bytes: int, fin_acked: bool, is_duplicate: bool, window_updated: bool, progress: bool) -> None:
        self.newly_acked_bytes = newly_acked_bytes
        """By how far SND.UNA moved, a FIN counted."""
        self.fin_acked = fin_acked
        """The FIN is acknowledged, by this ACK or one before."""
        self.is_duplicate = is_duplicate
        self.window_updated = window_updated
        self.progress = progress
        """Something was acknowledged or selectively acknowledged for the first time."""


class Action(enum.Enum):
    """What a deadline led to."""

    NOTHING = "nothing was due"
    RETRANSMITTED = "the retransmission timeout: the front of the queue is sent again"
    PROBED_TAIL = "a tail loss probe"
    REORDER_WAITED = "the reordering window has passed: what is missing counts as lost"
    PROBED_WINDOW = "a window probe, or what was held back"
    PACED = "the next paced segment may leave"
    GAVE_UP = "patience has run out: the connection is to end"


@dataclass(frozen=True, slots=True)
class SenderVerdict:
    """What `on_deadline` did; with GAVE_UP, which patience ran out and the errno for the user."""

    action: Action
    patience: Patience = Patience.RETRANSMISSIONS
    errno: int = errno.ETIMEDOUT


NOTHING_DUE = SenderVerdict(Action.NOTHING)
