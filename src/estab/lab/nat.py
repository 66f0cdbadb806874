"""Address translation: which tuple the answers of a new connection carry.

A `Masquerade` gives connections that leave by one port the router's own address there, with the source port kept where it is free; a
`PortForward` sends connections to a port of the router on to another host.  Both only choose tuples; the table does the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from estab.chance import Chance
from estab.lab.conntrack import Conntrack, FourTuple, inverse
from estab.lab.node import Port

Chooser = Callable[[FourTuple], tuple[str, int] | None]
"""For a new connection: the address and port that it is meant for, None for none (it is refused)."""

LOWEST_PORT, HIGHEST_PORT = 1024, 65_535
TRIES = 128


@dataclass(frozen=True, slots=True)
class Masquerade:
    """Connections that leave by `outside` come from `address`."""

    outside: Port
    address: str


@dataclass(frozen=True, slots=True)
class PortForward:
    """Connections to `address`:`port` are meant for what `choose` says; `hides` makes them come from this address besides."""

    address: str
    port: int
    choose: Chooser
    hides: str = ""


class NoPortLeftError(Exception):
    """No port is free for one more connection to the same destination."""


def free_source(table: Conntrack, wanted: FourTuple, address: str, chance: Chance, now_ns: int) -> FourTuple:
    """The tuple with another source address, and the source port that was wanted or, where that is taken, another one."""
    _, port, destination, destination_port = wanted
    for _ in range(TRIES):
        candidate = (address, port, destination, destination_port)
        if not table.is_taken(inverse(candidate), now_ns):
            return candidate
        port = LOWEST_PORT + chance.below(HIGHEST_PORT - LOWEST_PORT + 1)
    raise NoPortLeftError
