"""The timers of the connection itself: those of retransmission and persistence are the sender's, that of delayed ACKs is
`acknowledging`'s."""

from __future__ import annotations

import enum

from estab.instant import SECOND_NS

TIME_WAIT_NS = 60 * SECOND_NS
"""How long TIME-WAIT lasts: a constant in Linux (TCP_TIMEWAIT_LEN), whatever tcp_fin_timeout says; 2 MSL of RFC 9293 would be 4 minutes."""


class Timer(enum.IntEnum):
    """Which deadline; equal deadlines are taken in this order."""

    OPENING = 0
    """The SYN or SYN-ACK is sent again, or given up."""
    KEEPALIVE = 1
    FIN_WAIT_2 = 2
    """An orphan's wait for the peer's FIN ends (tcp_fin_timeout)."""
    TIME_WAIT = 3


class Timers:
    """Deadlines by timer; few run at a time, none on an idle connection without keepalive."""

    __slots__ = ("_deadlines",)

    def __init__(self) -> None:
        self._deadlines: dict[Timer, int] | None = None

    def start(self, timer: Timer, deadline_ns: int) -> None:
        """Run this timer until the deadline, which replaces an earlier one."""
        if self._deadlines is None:
            self._deadlines = {}
        self._deadlines[timer] = deadline_ns

    def stop(self, timer: Timer) -> None:
        """Let this timer run no longer."""
        if self._deadlines is not None and self._deadlines.pop(timer, None) is not None and not self._deadlines:
            self._deadlines = None

    def stop_all(self) -> None:
        """Let none run."""
        self._deadlines = None

    def deadline_of(self, timer: Timer) -> int | None:
        """When this timer ends, or None."""
        return None if self._deadlines is None else self._deadlines.get(timer)

    def earliest(self) -> int | None:
        """The next deadline of all, or None."""
        return None if self._deadlines is None else min(self._deadlines.values())

    def take_due(self, now_ns: int) -> Timer | None:
        """The first timer that has ended, which is stopped; None while all run."""
        if self._deadlines is None:
            return None
        timer = min(self._deadlines, key=lambda timer: (self._deadlines[timer], timer))  # type: ignore[index]
        if self._deadlines[timer] > now_ns:
            return None
        self.stop(timer)
        return timer
