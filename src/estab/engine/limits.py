"""Limits on answers to segments that fit no connection state (RFC 5961 §7): for the host, and for one connection.

A challenge ACK costs its sender; without a limit any forger could make a host send.  Linux counts for the host how many leave in one second
(`tcp_challenge_ack_limit`, of which a random half is certain so that the limit cannot be used as a side channel: CVE-2016-5696), and
for each connection the time between two answers to unacceptable segments (`tcp_invalid_ratelimit`).
"""

from __future__ import annotations

from estab.chance import Chance
from estab.instant import MILLISECOND_NS, SECOND_NS

UNLIMITED = 0x7FFFFFFF


class ChallengeLimit:
    """The host's share: at most so many challenge ACKs within one second."""

    __slots__ = ("_chance", "_left", "_limit", "_second")

    def __init__(self, limit: int, chance: Chance) -> None:
        self._limit, self._chance = limit, chance
        self._second, self._left = -1, 0

    def allows(self, now_ns: int) -> bool:
        """Whether one may leave now; it is counted."""
        if self._limit >= UNLIMITED:
            return True
        second = now_ns // SECOND_NS
        if second != self._second:
            half = (self._limit + 1) // 2
            self._second, self._left = second, half + (self._chance.below(self._limit) if self._limit else 0)
        if self._left <= 0:
            return False
        self._left -= 1
        return True


def is_too_soon(last_ns: int | None, now_ns: int, ratelimit_ms: int) -> bool:
    """Whether an answer of this connection to an unacceptable segment must be left out; `last_ns` is the instant of the last one."""
    return last_ns is not None and 0 <= now_ns - last_ns < ratelimit_ms * MILLISECOND_NS
