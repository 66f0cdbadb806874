"""Who holds which local port, and who may hold it beside him: bind() and its EADDRINUSE (net/ipv4/inet_connection_sock.c).

A port's holders are listeners, connections and TIME-WAIT entries alike.  What decides is the same for many of them, so a port counts
*claims* and not sockets: 100,000 connections of one server are a handful of claims.  The rules, as measured:

- two holders whose addresses do not meet never disturb each other; the wildcard meets every address of its family, and the wildcard of IPv6
  those of IPv4 too, unless it is for IPv6 only;
- both with SO_REUSEADDR may share, as long as the one who is there first does not listen;
- both with SO_REUSEPORT and the same user may share whatever they do; TIME-WAIT has no user.

A port that somebody has bound is not given to connect() at all; one that connect() has chosen may serve other destinations too.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable
from dataclasses import dataclass

ANY_IPV4, ANY_IPV6 = "0.0.0.0", "::"  # noqa: S104 - names of the wildcards, nothing is bound here


class Role(enum.Enum):
    """What a holder of a port does with it."""

    OPEN = "bound or connected"
    LISTENING = "listening"
    TIME_WAIT = "time-wait"


@dataclass(frozen=True, slots=True)
class Claim:
    """What one holder of a port is to others; equal ones are counted together."""

    address: str
    reuse_address: bool = False
    reuse_port: bool = False
    uid: int = 0
    role: Role = Role.OPEN
    v6only: bool = False


@functools.lru_cache(maxsize=4096)
def claim(address: str, reuse_address: bool, reuse_port: bool, uid: int, role: Role = Role.OPEN, v6only: bool = False) -> Claim:
    """One object for all holders that are the same to others."""
    return Claim(address, reuse_address, reuse_port, uid, role, v6only)


class Bucket:
    """The holders of one port, where they are more than one or bind() has been used (`bound`)."""

    __slots__ = ("bound", "claims")

    def __init__(self) -> None:
        self.bound = False
        self.claims: dict[Claim, int] = {}


def addresses_meet(one: Claim, other: Claim) -> bool:
    """Whether a packet could be for both."""
    if one.address == other.address:
        return True
    for wild, exact in ((one, other), (other, one)):
        exact_is_ipv6 = ":" in exact.address
        if wild.address == ANY_IPV4 and not exact_is_ipv6:
            return True
        if wild.address == ANY_IPV6 and (exact_is_ipv6 or not wild.v6only):
            return True
    return False


def clash(new: Claim, held: Claim, *, chosen_for_us: bool = False) -> bool:
    """Whether a new holder may not stand beside one that is there; `chosen_for_us`: bind(0), which is stricter with SO_REUSEADDR."""
    if not addresses_meet(new, held):
        return False
    if new.reuse_address and held.reuse_address and held.role is not Role.LISTENING:
        return chosen_for_us
    shared = new.reuse_port and held.reuse_port and (held.role is Role.TIME_WAIT or new.uid == held.uid)
    return chosen_for_us or not shared


class Bindings:
    """All local ports of a host.  A port with one holder, which connect() gave it to, is that holder's claim and no more."""

    __slots__ = ("_ports",)

    def __init__(self) -> None:
        self._ports: dict[int, Bucket | Claim] = {}

    def may_bind(self, port: int, wanted: Claim, *, chosen_for_us: bool = False) -> bool:
        """Whether bind() (or the second look that listen() takes) succeeds; a holder's own claim must be released before."""
        held = self._ports.get(port)
        if isinstance(held, Claim):
            return not clash(wanted, held, chosen_for_us=chosen_for_us)
        return held is None or not any(clash(wanted, other, chosen_for_us=chosen_for_us) for other in held.claims)

    def may_connect(self, port: int, is_tuple_free: Callable[[int], bool]) -> bool:
        """Whether connect() may choose this port: not bound by anybody, and no connection to the same destination."""
        held = self._ports.get(port)
        return held is None or (not (isinstance(held, Bucket) and held.bound) and is_tuple_free(port))

    def hold(self, port: int, new: Claim, *, by_bind: bool = False) -> None:
        """One more holder."""
        held = self._ports.get(port)
        if held is None and not by_bind:
            self._ports[port] = new
            return
        bucket = held if isinstance(held, Bucket) else Bucket()
        if isinstance(held, Claim):
            bucket.claims[held] = 1
        self._ports[port] = bucket
        bucket.bound = bucket.bound or by_bind
        bucket.claims[new] = bucket.claims.get(new, 0) + 1

    def release(self, port: int, old: Claim) -> None:
        """One holder less; a port without holders is as if it had never been used."""
        held = self._ports[port]
        if isinstance(held, Claim):
            assert held == old
            del self._ports[port]
            return
        left = held.claims[old] - 1
        if left:
            held.claims[old] = left
        else:
            del held.claims[old]
            if not held.claims:
                del self._ports[port]

    def exchange(self, port: int, old: Claim, new: Claim) -> None:
        """The same holder has become something else (listen(), TIME-WAIT, an option)."""
        if old != new:
            self.hold(port, new)
            self.release(port, old)

    def holders(self, port: int) -> int:
        """How many hold a port."""
        held = self._ports.get(port)
        if isinstance(held, Bucket):
            return sum(held.claims.values())
        return int(held is not None)
