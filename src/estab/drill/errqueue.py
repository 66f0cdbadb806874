"""The error queue of a socket as far as it is about sending: zero-copy completions and transmit timestamps.

Neither changes what TCP does.  The program of a script keeps them, from what the connection tells of itself: how much was sent, how much
acknowledged.  Every zero-copy send is reported as copied, as over any device that cannot fetch pages by itself
(Documentation/networking/msg_zerocopy.rst); timestamps are those of Documentation/networking/timestamping.rst with SOF_TIMESTAMPING_OPT_ID.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

TX_SOFTWARE, OPT_ID, TX_SCHED, TX_ACK = 2, 128, 256, 512
STAMP_SND, STAMP_SCHED, STAMP_ACK = 0, 1, 2
_REQUESTS = ((TX_SCHED, STAMP_SCHED), (TX_SOFTWARE, STAMP_SND), (TX_ACK, STAMP_ACK))


@dataclass(slots=True)
class Completion:
    """Zero-copy sends `first` to `last` are done."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """A byte (its number since the option was set) was scheduled, sent or acknowledged at an instant."""

    kind: int
    key: int
    at_ns: int


@dataclass(slots=True)
class _Watched:
    """The last byte of one write, for which something is still to come; positions count bytes written since the connection began."""

    end: int
    identity: int | None
    stamps: list[int] = field(default_factory=list)


@dataclass(slots=True)
class ErrorQueue:
    """What MSG_ERRQUEUE would give, oldest first."""

    zerocopy: bool = False
    timestamping: int = 0
    queue: deque[Completion | Stamp] = field(default_factory=deque)
    written: int = 0
    next_identity: int = 0
    base: int = 0
    """Bytes that had been written when timestamps were asked for."""
    _watched: list[_Watched] = field(default_factory=list)

    @property
    def is_watching(self) -> bool:
        """True where a report is still to come."""
        return bool(self._watched)

    def ask_for_stamps(self, flags: int) -> None:
        """SO_TIMESTAMPING."""
        self.timestamping, self.base = flags, self.written

    def wrote(self, length: int, *, zerocopy: bool) -> None:
        """So many bytes were taken by a call."""
        self.written += length
        identity = None
        if zerocopy and self.zerocopy and length:
            identity = self.next_identity
            self.next_identity += 1
        stamps = [kind for flag, kind in _REQUESTS if self.timestamping & flag] if length else []
        if identity is not None or stamps:
            self._watched.append(_Watched(self.written, identity, stamps))

    def progress(self, sent: int, acked: int, now_ns: int) -> bool:
        """The connection has sent and had acknowledged so many bytes; True where something new was queued."""
        before = len(self.queue)
        grown = False
        for watched in self._watched:
            for kind in list(watched.stamps):
                if watched.end <= (acked if kind == STAMP_ACK else sent):
                    watched.stamps.remove(kind)
                    self.queue.append(Stamp(kind, watched.end - self.base - 1, now_ns))
            if watched.identity is not None and watched.end <= acked:
                grown = self._completed(watched.identity) or grown
                watched.identity = None
        self._watched = [watched for watched in self._watched if watched.identity is not None or watched.stamps]
        return grown or len(self.queue) > before

    def _completed(self, identity: int) -> bool:
        """Neighbours are told as one range."""
        last = self.queue[-1] if self.queue else None
        if isinstance(last, Completion) and last.last + 1 == identity:
            last.last = identity
        else:
            self.queue.append(Completion(identity, identity))
        return True

    def take(self) -> Completion | Stamp | None:
        """The oldest report, which is then gone."""
        return self.queue.popleft() if self.queue else None

    def __iter__(self) -> Iterator[Completion | Stamp]:
        return iter(self.queue)
