"""What a connection spent its time on: sending, waiting for the peer's window, or for room in its own buffer (tcp_chrono_start)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from estab.engine.sending.variables import SendVariables

STOPPED, BUSY, RWND_LIMITED, SNDBUF_LIMITED = range(4)


class Chronograph:
    """A watch with three dials; the highest one that was asked for runs."""

    __slots__ = ("busy_ns", "kind", "rwnd_ns", "since_ns", "sndbuf_ns")

    def __init__(self) -> None:
        self.kind = STOPPED
        self.since_ns = self.busy_ns = self.rwnd_ns = self.sndbuf_ns = 0

    def _switch(self, kind: int, now_ns: int) -> None:
        spent_ns = now_ns - self.since_ns
        if self.kind == BUSY:
            self.busy_ns += spent_ns
        elif self.kind == RWND_LIMITED:
            self.rwnd_ns += spent_ns
        elif self.kind == SNDBUF_LIMITED:
            self.sndbuf_ns += spent_ns
        self.kind, self.since_ns = kind, now_ns

    def start(self, kind: int, now_ns: int) -> None:
        """From now on `kind`, unless something with more weight runs."""
        if kind > self.kind:
            self._switch(kind, now_ns)

    def stop(self, kind: int, now_ns: int, *, idle: bool) -> None:
        """`kind` is over: back to BUSY, or stopped if nothing is queued or under way."""
        if idle:
            self._switch(STOPPED, now_ns)
        elif kind == self.kind:
            self._switch(BUSY, now_ns)

    def totals_us(self, now_ns: int) -> tuple[int, int, int]:
        """Busy altogether, of it limited by the peer's window, and by the own buffer."""
        running_ns = now_ns - self.since_ns
        rwnd_ns = self.rwnd_ns + (running_ns if self.kind == RWND_LIMITED else 0)
        sndbuf_ns = self.sndbuf_ns + (running_ns if self.kind == SNDBUF_LIMITED else 0)
        busy_ns = self.busy_ns + (running_ns if self.kind == BUSY else 0)
        return (busy_ns + rwnd_ns + sndbuf_ns) // 1000, rwnd_ns // 1000, sndbuf_ns // 1000


def start(sender: SendVariables, kind: int, now_ns: int) -> None:
    """Starts a dial of a sender's watch, which is made if there is none."""
    watch = sender.chronograph
    if watch is None:
        watch = sender.chronograph = Chronograph()
    if kind > watch.kind:
        watch.start(kind, now_ns)


def stop(sender: SendVariables, kind: int, now_ns: int) -> None:
    """Stops a dial; the whole watch where nothing is left to send or to be acknowledged."""
    watch = sender.chronograph
    if watch is not None:
        idle = sender.head is None and sender.snd_nxt == sender.write_seq
        if idle or kind == watch.kind:
            watch.stop(kind, now_ns, idle=idle)
