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


Running = tuple[int, Timer]
"""A deadline and whose it is; they sort as they are taken."""


class Timers:
    """Those that run: the next one in places of its own, for one runs alone nearly always, on an idle connection the one of keepalive."""

    __slots__ = ("_deadline_ns", "_later", "_timer")

    def __init__(self) -> None:
        self._deadline_ns: int | None = None
        self._timer = Timer.OPENING
        """Means something while there is a deadline."""
        self._later: tuple[Running, ...] = ()

    def _others(self, timer: Timer) -> list[Running]:
        """All that run but one."""
        running = [] if self._deadline_ns is None else [(self._deadline_ns, self._timer), *self._later]
        return [pair for pair in running if pair[1] is not timer]

    def _run(self, running: list[Running]) -> None:
        running.sort()
        self._later = tuple(running[1:])
        if running:
            self._deadline_ns, self._timer = running[0]
        else:
            self._deadline_ns = None

    def start(self, timer: Timer, deadline_ns: int) -> None:
        """Run this timer until the deadline, which replaces an earlier one."""
        self._run([*self._others(timer), (deadline_ns, timer)])

    def stop(self, timer: Timer) -> None:
        """Let this timer run no longer."""
        if self._deadline_ns is not None:
            self._run(self._others(timer))

    def stop_all(self) -> None:
        """Let none run."""
        self._run([])

    def deadline_of(self, timer: Timer) -> int | None:
        """When this timer ends, or None."""
        if self._timer is timer:
            return self._deadline_ns
        return next((deadline_ns for deadline_ns, running in self._later if running is timer), None)

    def earliest(self) -> int | None:
        """The next deadline of all, or None."""
        return self._deadline_ns

    def take_due(self, now_ns: int) -> Timer | None:
        """The first timer that has ended, which is stopped; None while all run."""
        timer = self._timer
        if self._deadline_ns is None or self._deadline_ns > now_ns:
            return None
        self._run(list(self._later))
        return timer
