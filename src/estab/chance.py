"""Chance that can be repeated: a small seeded generator, and keyed hashes for what an attacker must not guess.

The generator is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): one 64-bit word of state,
so that each connection can have one of its own.  It is for schedules, jitter and simulated faults.  Numbers that must be
unpredictable to the other end (initial sequence numbers, offsets of timestamps, cookies) come from `keyed`, whose key a driver fills with
real entropy.
"""

from __future__ import annotations

import builtins
import hashlib

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15


def _mixed(word: int) -> int:
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _MASK
    return word ^ (word >> 31)


class Chance:
    """A stream of numbers that depends on its seed alone; `child` gives a stream for a part, independent of how much others draw.

    >>> Chance(7).bits32() == Chance(7).bits32(), Chance(7).child("isn").bits32() == Chance(7).child("loss").bits32()
    (True, False)
    """

    __slots__ = ("_seed", "_state")

    def __init__(self, seed: int | str | bytes = 0) -> None:
        self._seed = seed & _MASK if isinstance(seed, int) else _word(seed if isinstance(seed, bytes) else seed.encode())
        self._state = self._seed

    def child(self, name: str) -> Chance:
        """The stream of this name: always the same one for the same seed, whatever was drawn before."""
        return Chance(_word(self._seed.to_bytes(8, "big") + name.encode()))

    def bits64(self) -> int:
        """64 random bits."""
        self._state = (self._state + _STEP) & _MASK
        return _mixed(self._state)

    def bits32(self) -> int:
        """32 random bits."""
        return self.bits64() >> 32

    def below(self, bound: int) -> int:
        """A whole number in 0 .. bound-1, all equally likely (the bias is below 2^-32 for bounds up to 2^32); `bound` is at least 1."""
        assert bound >= 1
        return self.bits64() * bound >> 64

    def unit(self) -> float:
        """A number in [0, 1) with 53 bits."""
        return (self.bits64() >> 11) * 2.0**-53

    def bytes(self, count: int) -> builtins.bytes:
        """`count` random bytes."""
        words = (self.bits64().to_bytes(8, "big") for _ in range((count + 7) // 8))
        return b"".join(words)[:count]

    def key(self) -> builtins.bytes:
        """Sixteen bytes for `keyed`."""
        return self.bytes(16)


def keyed(key: bytes, *parts: object) -> int:
    """64 bits that nobody can tell from random without the key: BLAKE2b over the parts, whose borders count.

    >>> keyed(b"k", "ab", "c") == keyed(b"k", "a", "bc")
    False
    """
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=8, key=key).digest(), "big")


def _word(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big")
