"""Which addresses are this host's own, and from which of them it speaks to another."""

from __future__ import annotations

import errno
import functools
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from estab.engine.bindings import ANY_IPV4, ANY_IPV6

LOOPBACK_IPV4, LOOPBACK_IPV6 = "127.0.0.1", "::1"
BROADCAST = "255.255.255.255"
LOOPBACK_MTU_BYTES = 65_536


def is_ipv6(address: str) -> bool:
    """Whether an address (text) is one of IPv6."""
    return ":" in address


def is_loopback(address: str) -> bool:
    """Whether an address never leaves a host."""
    return address.startswith("127.") or address == LOOPBACK_IPV6


def is_wildcard(address: str) -> bool:
    """Whether an address stands for all of a host."""
    return address in (ANY_IPV4, ANY_IPV6)


@functools.lru_cache(maxsize=4096)
def is_one_host(address: str) -> bool:
    """Whether an address can be one other host: not multicast, broadcast or unspecified (RFC 1122 §3.2.1.3; RFC 9293 MUST-46, MUST-63)."""
    parsed = ipaddress.ip_address(address)
    return not (parsed.is_multicast or parsed.is_unspecified or address == BROADCAST)


@functools.lru_cache(maxsize=4096)
def canonical(address: str) -> str:
    """The one spelling that tables use; an IPv4 address written as IPv6 becomes IPv4.  Raises ValueError for what is no address."""
    parsed = ipaddress.ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(mapped if mapped is not None else parsed)


@dataclass(frozen=True, slots=True)
class Route:
    """How a destination is reached; `errno` is not 0 where connect() must fail at once (no route, prohibited)."""

    source: str = ""
    """The address to speak from; empty: the host's first of the family."""
    mtu_bytes: int = 0
    """0: the host's."""
    errno: int = 0


DIRECT = Route()
Routes = Callable[[str], Route]
"""Asked with a destination that is not the host itself."""


class Addresses:
    """The addresses of one host and the way to others; every host has 127.0.0.0/8 and ::1."""

    __slots__ = ("_mtu_bytes", "_own", "_routes", "_sources")

    def __init__(self, addresses: Sequence[str], mtu_bytes: int, routes: Routes | None = None) -> None:
        self._sources = tuple(canonical(address) for address in addresses)
        self._own = frozenset(self._sources)
        self._mtu_bytes = mtu_bytes
        self._routes = routes

    @property
    def own(self) -> tuple[str, ...]:
        """The addresses as they were given, loopback left out."""
        return self._sources

    def is_own(self, address: str) -> bool:
        """Whether packets to this address stay here."""
        return address in self._own or is_loopback(address)

    def route(self, destination: str, source: str = "") -> Route:
        """The source and MTU for a destination, or the errno of a host that has no way to it; `source` is what the user has bound."""
        if self.is_own(destination):
            return Route(source or destination, LOOPBACK_MTU_BYTES)
        if source and is_loopback(source):
            return Route(errno=errno.EINVAL)
        if not is_one_host(destination):
            return Route(errno=errno.ENETUNREACH)
        found = DIRECT if self._routes is None else self._routes(destination)
        if found.errno:
            return found
        family = is_ipv6(destination)
        chosen = source or found.source or next((own for own in self._sources if is_ipv6(own) == family), "")
        if not chosen:
            return Route(errno=errno.ENETUNREACH)
        return Route(chosen, min(found.mtu_bytes or self._mtu_bytes, self._mtu_bytes))
