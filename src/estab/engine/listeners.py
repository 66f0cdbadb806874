"""All listeners of a host, and which of them a segment is for (net/ipv4/inet_hashtables.c, inet_lookup_listener).

A listener on the very address comes before one on the wildcard, and a listener of IPv4 before one of IPv6 that takes IPv4 too.  Among
several with SO_REUSEPORT a hash of the four-tuple decides, so that repetitions of one client meet the same one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.chance import Chance, keyed
from estab.engine.addresses import is_ipv6
from estab.engine.bindings import ANY_IPV4, ANY_IPV6
from estab.wire.segment import Packet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from estab.engine.listener import Listener


class Listeners:
    """The table of listeners."""

    __slots__ = ("_by_endpoint", "_key")

    def __init__(self, chance: Chance) -> None:
        self._key = chance.key()
        self._by_endpoint: dict[tuple[str, int], list[Listener]] = {}

    def __iter__(self) -> Iterator[Listener]:
        for group in self._by_endpoint.values():
            yield from group

    def add(self, listener: Listener) -> None:
        """It listens from now on."""
        self._by_endpoint.setdefault((listener.address, listener.port), []).append(listener)

    def remove(self, listener: Listener) -> None:
        """It listens no more."""
        group = self._by_endpoint[listener.address, listener.port]
        group.remove(listener)
        if not group:
            del self._by_endpoint[listener.address, listener.port]

    def find(self, packet: Packet) -> Listener | None:
        """Whom a packet without a connection is for; None: nobody listens there."""
        address, port = packet.destination, packet.destination_port
        if is_ipv6(address):
            group = self._group(address, port) or self._group(ANY_IPV6, port)
        else:
            group = self._group(address, port) or self._group(ANY_IPV4, port) or self._dual_stack(port)
        if not group:
            return None
        return group[0] if len(group) == 1 else self._chosen(group, packet)

    def heir_of(self, listener: Listener) -> Listener | None:
        """Who takes over from a listener that has been removed: another of its SO_REUSEPORT group."""
        group = self._group(listener.address, listener.port)
        return group[-1] if group and listener.config.reuse_port else None

    def _group(self, address: str, port: int) -> list[Listener]:
        return self._by_endpoint.get((address, port), [])

    def _dual_stack(self, port: int) -> list[Listener]:
        return [listener for listener in self._group(ANY_IPV6, port) if not listener.config.v6only]

    def _chosen(self, group: list[Listener], packet: Packet) -> Listener:
        word = keyed(self._key, packet.destination, packet.destination_port, packet.source, packet.source_port)
        return group[(word >> 32) * len(group) >> 32]
