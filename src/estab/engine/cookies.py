"""SYN cookies: a listener whose SYN queue is full keeps nothing, and finds everything again in the ACK (net/ipv4/syncookies.c).

The initial sequence number is the memory: it holds a minute counter and an index of the MSS, hidden by keyed hashes of the four-tuple.
The options travel in the low six bits of the SYN-ACK's timestamp, which the peer echoes: window scale (four bits), SACK, ECN.
Without timestamps the connection lives without them.  An ACK is believed only within two minutes after the queue was full, so that nobody
can guess a connection out of a quiet listener.
"""

from __future__ import annotations

from dataclasses import dataclass

from estab.chance import Chance, keyed
from estab.engine.options import Negotiated, shared
from estab.flow import Endpoint
from estab.instant import MINUTE_NS
from estab.knobs.values import KnobValues
from estab.seq import MASK

MSS_TABLE_V4_BYTES = (536, 1300, 1440, 1460)
MSS_TABLE_V6_BYTES = (1220, 1420, 1440, 8940)
PERIOD_NS = MINUTE_NS
LIFE_PERIODS = 2
COOKIE_BITS = 24
COOKIE_MASK = (1 << COOKIE_BITS) - 1

OPTION_BITS = 6
NO_SCALING = 0xF
SCALE_MASK = 0xF
SACK_BIT = 1 << 4
ECN_BIT = 1 << 5


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a cookie and the echo of its timestamp say; the shift of this end's own windows is not among it."""

    mss_bytes: int
    window_scale: int | None = None
    sack: bool = False
    timestamps: bool = False
    ecn: bool = False


class SynCookies:
    """Makes and reads the cookies of one host."""

    __slots__ = ("_key",)

    def __init__(self, chance: Chance) -> None:
        self._key = chance.key()

    def initial_sequence(self, local: Endpoint, remote: Endpoint, peer_seq: int, peer_mss_bytes: int, now_ns: int) -> int:
        """The ISS that remembers the peer's MSS, rounded down to one of the table."""
        table = _table(local)
        index = max((place for place, mss in enumerate(table) if mss <= peer_mss_bytes), default=0)
        count = now_ns // PERIOD_NS
        hidden = (self._hash(local, remote, peer_seq, count) + index) & COOKIE_MASK
        return (self._hash(local, remote) + peer_seq + (count << COOKIE_BITS) + hidden) & MASK

    def mss_of(self, local: Endpoint, remote: Endpoint, peer_seq: int, cookie: int, now_ns: int) -> int | None:
        """The MSS in a cookie; None for one that this host never made, or too long ago.  `peer_seq` is that of the peer's SYN."""
        rest = (cookie - self._hash(local, remote) - peer_seq) & MASK
        count = now_ns // PERIOD_NS
        age = ((count & 0xFF) - (rest >> COOKIE_BITS)) & 0xFF
        if age >= LIFE_PERIODS or age > count:
            return None
        index = (rest - self._hash(local, remote, peer_seq, count - age)) & COOKIE_MASK
        table = _table(local)
        return table[index] if index < len(table) else None

    def _hash(self, local: Endpoint, remote: Endpoint, *parts: int) -> int:
        return keyed(self._key, local.address, local.port, remote.address, remote.port, *parts)


def _table(local: Endpoint) -> tuple[int, ...]:
    return MSS_TABLE_V6_BYTES if ":" in local.address else MSS_TABLE_V4_BYTES


def encode_options(agreed: Negotiated, tsval: int) -> int:
    """A timestamp not later than `tsval` whose low bits remember the options."""
    bits = agreed.snd_wscale if agreed.window_scaling else NO_SCALING
    bits |= (SACK_BIT if agreed.sack else 0) | (ECN_BIT if agreed.ecn else 0)
    marked = (tsval & ~((1 << OPTION_BITS) - 1)) | bits
    return (marked - (1 << OPTION_BITS) if marked > tsval else marked) & MASK


def decode_options(mss_bytes: int, tsecr: int | None, knobs: KnobValues) -> Remembered | None:
    """What the echo of such a timestamp says (`tsecr` without this end's offset); None: the peer echoes what was never offered.

    None for `tsecr` means that the ACK has no timestamps.
    """
    if tsecr is None:
        return Remembered(mss_bytes)
    if not knobs.tcp_timestamps:
        return None
    sack = bool(tsecr & SACK_BIT)
    scale = tsecr & SCALE_MASK
    if (sack and not knobs.tcp_sack) or (scale != NO_SCALING and not knobs.tcp_window_scaling):
        return None
    return Remembered(mss_bytes, None if scale == NO_SCALING else scale, sack, timestamps=True, ecn=bool(tsecr & ECN_BIT))


def without_options(agreed: Negotiated) -> Negotiated:
    """What is left of an agreement when a cookie has to stand for it and there are no timestamps to keep the options in."""
    return shared(Negotiated(peer_mss_bytes=agreed.peer_mss_bytes))
