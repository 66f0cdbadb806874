"""Integers out of bytes at a known place.

The caller has checked that the bytes exist.  Factors instead of shifts: a byte of a NumPy array times a Python integer is a signed
64-bit integer in the compiled life, and so nothing ever mixes signed with unsigned.
"""

from estab.lives import kernel


@kernel
def be16(data: bytes, at: int) -> int:
    """Unsigned 16 bits, most significant byte first."""
    return data[at] * 256 + data[at + 1]


@kernel
def be32(data: bytes, at: int) -> int:
    """Unsigned 32 bits, most significant byte first."""
    return data[at] * 16777216 + data[at + 1] * 65536 + data[at + 2] * 256 + data[at + 3]


@kernel
def le16(data: bytes, at: int) -> int:
    """Unsigned 16 bits, least significant byte first."""
    return data[at + 1] * 256 + data[at]


@kernel
def le32(data: bytes, at: int) -> int:
    """Unsigned 32 bits, least significant byte first."""
    return data[at + 3] * 16777216 + data[at + 2] * 65536 + data[at + 1] * 256 + data[at]
