"""SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): the keyed hash of Linux's Fast Open cookies."""

from __future__ import annotations

import struct

KEY_BYTES = 16
_MASK = (1 << 64) - 1
_CONSTANTS = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
_MESSAGE_ROUNDS, _FINAL_ROUNDS = 2, 4


def siphash24(key: bytes, data: bytes) -> int:
    """64 bits that depend on every bit of key (16 bytes) and data.

    >>> hex(siphash24(bytes(range(16)), bytes(range(15))))
    '0xa129ca6149be45e5'
    """
    low, high = struct.unpack("<QQ", key)
    state = (low ^ _CONSTANTS[0], high ^ _CONSTANTS[1], low ^ _CONSTANTS[2], high ^ _CONSTANTS[3])
    padded = data + bytes(-(len(data) + 1) % 8) + bytes([len(data) & 0xFF])
    for (word,) in struct.iter_unpack("<Q", padded):
        v0, v1, v2, v3 = _rounds((state[0], state[1], state[2], state[3] ^ word), _MESSAGE_ROUNDS)
        state = (v0 ^ word, v1, v2, v3)
    v0, v1, v2, v3 = _rounds((state[0], state[1], state[2] ^ 0xFF, state[3]), _FINAL_ROUNDS)
    return v0 ^ v1 ^ v2 ^ v3


def _rounds(state: tuple[int, int, int, int], count: int) -> tuple[int, int, int, int]:
    v0, v1, v2, v3 = state
    for _ in range(count):
        v0 = (v0 + v1) & _MASK
        v1 = _rotated(v1, 13) ^ v0
        v0 = _rotated(v0, 32)
        v2 = (v2 + v3) & _MASK
        v3 = _rotated(v3, 16) ^ v2
        v0 = (v0 + v3) & _MASK
        v3 = _rotated(v3, 21) ^ v0
        v2 = (v2 + v1) & _MASK
        v1 = _rotated(v1, 17) ^ v2
        v2 = _rotated(v2, 32)
    return v0, v1, v2, v3


def _rotated(word: int, bits: int) -> int:
    return (word << bits | word >> (64 - bits)) & _MASK
