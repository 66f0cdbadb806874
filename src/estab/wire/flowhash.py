"""A hash of the two endpoints of a packet, equal in both directions and in both lives."""

from estab.lives import inner_kernel


@inner_kernel
def endpoint_hash(word0: int, word1: int, word2: int, word3: int, port: int) -> int:
    """32 bits of one endpoint.  Factors below 2^28 keep the sum of five products below 2^63, so that nothing wraps."""
    mixed = word0 * 0x9E3779B + word1 * 0xC2B2AE3 + word2 * 0xB55A4F1 + word3 * 0x85EBCA7 + port * 0xD35A2D9
    return (mixed ^ (mixed >> 29)) & 0xFFFFFFFF


@inner_kernel
def pair_hash(one: int, other: int) -> int:
    """0 .. 2^32-1, the same for (a, b) and (b, a); each input bit reaches every output bit.

    Sum and difference alone would let two endpoints cancel each other; the rounds of multiplying and folding spread the rest.
    """
    mixed = ((one + other) & 0xFFFFFFFF) * 0x45D9F3B5 ^ ((one ^ other) * 0x27D4EB2F)
    mixed = ((mixed >> 31) ^ mixed) & 0xFFFFFFFF
    mixed = mixed * 0x7FEB352D
    mixed = ((mixed >> 32) ^ mixed) & 0xFFFFFFFF
    mixed = mixed * 0x68E31DA5
    return ((mixed >> 32) ^ mixed) & 0xFFFFFFFF
