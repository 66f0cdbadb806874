"""Numbers that nobody outside may guess: initial sequence numbers (RFC 6528) and offsets of timestamps.

ISN = M + F(four-tuple, secret): M is a clock that advances by one every 64 ns (Linux), so that the numbers of one four-tuple rise from one
incarnation to the next, and F spreads the four-tuples.  The timestamp clock runs in milliseconds with an offset for each pair of
addresses (net/core/secure_seq.c).
"""

from __future__ import annotations

import functools

from estab.chance import Chance, keyed
from estab.flow import Endpoint
from estab.instant import MILLISECOND_NS
from estab.seq import MASK

ISN_TICK_NS = 64
NOWHERE = Endpoint("", 0)
"""Stands for a remote socket that is not known."""


class HostSecrets:
    """The keys of one host; a driver seeds `chance` with real entropy."""

    __slots__ = ("_key",)

    def __init__(self, chance: Chance) -> None:
        self._key = chance.child("secrets").key()

    def initial_sequence(self, local: Endpoint, remote: Endpoint | None, now_ns: int) -> int:
        """ISS of a new connection, 32 bits."""
        there = remote or NOWHERE
        spread = keyed(self._key, "isn", local.address, local.port, there.address, there.port)
        return (now_ns // ISN_TICK_NS + spread) & MASK

    def timestamp_offset(self, local: Endpoint, remote: Endpoint | None) -> int:
        """What is added to the clock of timestamps, 32 bits; one for each pair of addresses, so that PAWS and RFC 6191 see one clock."""
        there = remote or NOWHERE
        return _offset(self._key, local.address, there.address)


@functools.lru_cache(maxsize=4096)
def _offset(key: bytes, local: str, remote: str) -> int:
    return keyed(key, "timestamps", local, remote) & MASK


def timestamp(now_ns: int, offset: int) -> int:
    """TSval: a clock of milliseconds, 32 bits (RFC 7323 §5.4 wants between 1 ms and 1 s)."""
    return (now_ns // MILLISECOND_NS + offset) & MASK
