"""Integers out of bytes at a known place.

The caller has checked that the bytes exist.  Two habits keep the compiled life fast and right: factors instead of shifts (a byte of a
NumPy array times a Python integer is a signed 64-bit integer, so that nothing mixes signed with unsigned), and places that are
masked with `PLACE`: an index that cannot be negative needs no code for indexing from the end, and four bytes become one load.
"""

from estab.lives import kernel

PLACE = 0x7FFFFFFFFFFF
"""All bits that an offset can have."""


@kernel
def be16(data: bytes, at: int) -> int:
    """Unsigned 16 bits, most significant byte first."""
    at &= PLACE
    return data[at] * 256 + data[at + 1]


@kernel
def be32(data: bytes, at: int) -> int:
    """Unsigned 32 bits, most significant byte first."""
    at &= PLACE
    return data[at] * 16777216 + data[at + 1] * 65536 + data[at + 2] * 256 + data[at + 3]


@kernel
def le16(data: bytes, at: int) -> int:
    """Unsigned 16 bits, least significant byte first."""
    at &= PLACE
    return data[at + 1] * 256 + data[at]


@kernel
def le32(data: bytes, at: int) -> int:
    """Unsigned 32 bits, least significant byte first."""
    at &= PLACE
    return data[at + 3] * 16777216 + data[at + 2] * 65536 + data[at + 1] * 256 + data[at]
