"""Arithmetic modulo 2^32 (RFC 9293 §3.4): the only module that masks or compares wrapped sequence numbers.

All functions work on plain integers and exist in both lives (see `lives`), so that packet loops can call them.
"""

from estab.lives import kernel

MODULUS = 1 << 32
MASK = MODULUS - 1
HALF = 1 << 31


@kernel
def distance(later: int, earlier: int) -> int:
    """Signed distance `later - earlier` of two 32-bit sequence numbers, in -2^31 .. 2^31-1."""
    return ((later - earlier + 0x80000000) & 0xFFFFFFFF) - 0x80000000


@kernel
def unwrap(wrapped: int, near: int) -> int:
    """The 64-bit position nearest to `near` whose low 32 bits are `wrapped`."""
    return near + (((wrapped - near + 0x80000000) & 0xFFFFFFFF) - 0x80000000)


@kernel
def wrap(position: int) -> int:
    """The 32-bit sequence number of an unwrapped position."""
    return position & 0xFFFFFFFF
