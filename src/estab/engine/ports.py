"""Which local port a connection or a listener gets that did not ask for one (RFC 6056; net/ipv4/inet_hashtables.c).

connect() starts at an offset that a keyed hash of the destination gives, so that ports towards one destination differ from those
towards another and nobody outside can guess them (RFC 6056 §3.3.4, "double-hash"), and moves on from there with each use.  It tries the
ports of one parity first (that of the range's first port), then the others; bind(0) does the opposite and so leaves connect() its half.
"""

from __future__ import annotations

from collections.abc import Callable

from estab.chance import Chance, keyed
from estab.errors import MisuseError
from estab.knobs.values import KnobValues

HIGHEST_PORT = 65_535
PERTURB_BITS = 16
SPREAD = 8
"""How far, at most, the next search starts behind the port just given: something else may be connecting at the same time."""

Usable = Callable[[int], bool]


def parse_ports(text: str) -> frozenset[int]:
    """The ports of `ip_local_reserved_ports`; raises MisuseError for what is no such list.

    >>> sorted(parse_ports("8080,9000-9002"))
    [8080, 9000, 9001, 9002]
    """
    ports: set[int] = set()
    for part in text.split(","):
        low, dash, high = part.strip().partition("-")
        if not low:
            continue
        try:
            first, last = int(low), int(high if dash else low)
        except ValueError:
            raise MisuseError(f"not a list of ports: {text!r}; write for example 8080,9000-9100") from None
        if not 0 < first <= last <= HIGHEST_PORT:
            raise MisuseError(f"not a list of ports: {text!r}; write for example 8080,9000-9100")
        ports.update(range(first, last + 1))
    return frozenset(ports)


class PortChooser:
    """Chooses local ports for one host; says nothing about whether they are free, which `usable` answers."""

    __slots__ = ("_chance", "_key", "_perturb", "high", "low", "reserved")

    def __init__(self, knobs: KnobValues, chance: Chance) -> None:
        self.configure(knobs)
        self._chance = chance
        self._key = chance.key()
        self._perturb: dict[int, int] = {}

    def configure(self, knobs: KnobValues) -> None:
        """Take range and reserved ports from these settings."""
        low, high = knobs.ip_local_port_range
        self.low, self.high = int(low), int(high) + 1
        self.reserved = parse_ports(knobs.ip_local_reserved_ports)

    def for_connect(self, source: str, destination: str, port: int, usable: Usable) -> int | None:
        """A port towards a destination; None: all are taken (EADDRNOTAVAIL)."""
        word = keyed(self._key, source, destination, port)
        index = word & ((1 << PERTURB_BITS) - 1)
        span = self.high - self.low
        if span > 1:
            span &= ~1
        offset = (self._perturb.get(index, 0) + (word >> 32)) % span & ~1
        for start in (offset, offset + 1)[: min(span, 2)]:
            steps, chosen = self._walk(self.low + start, self.high, span, usable)
            if chosen is not None:
                self._perturb[index] = self._perturb.get(index, 0) + max(steps, 2 * self._chance.below(SPREAD)) + 2
                return chosen
        return None

    def for_bind(self, usable: Usable, *, halved: bool) -> int | None:
        """A port for bind(0); None: all are taken (EADDRINUSE).  With SO_REUSEADDR (`halved`) the lower half of the range comes first."""
        low, high = self.low, self.high
        parts = [(low, high)]
        if halved and high - low >= 4:
            middle = low + ((high - low) >> 2 << 1)
            parts = [(low, middle), (middle, high)]
        for first, end in parts:
            span = end - first
            if span > 1:
                span &= ~1
            offset = self._chance.below(span) | 1
            for start in (offset, offset - 1):
                _, chosen = self._walk(first + start, end, span, usable)
                if chosen is not None:
                    return chosen
        return None

    def _walk(self, port: int, end: int, span: int, usable: Usable) -> tuple[int, int | None]:
        """Every second port of a range, once around from a port: how far it was, and the port.

        Of a range with an odd number of ports one is passed over, which one depends on the start; Linux does the same.
        """
        for step in range(0, span, 2):
            if port >= end:
                port -= span
            if port not in self.reserved and usable(port):
                return step, port
            port += 2
        return span, None
