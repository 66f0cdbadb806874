"""Where packets go: explicit routes of a node by prefix, and for all else the shortest way to the node that owns the address."""

from __future__ import annotations

import ipaddress
from collections import deque
from typing import TYPE_CHECKING

from estab.errors import MisuseError
from estab.lab.node import Node, Port

if TYPE_CHECKING:
    from estab.lab.world import World

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Routes:
    """The routes of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._explicit: dict[str, list[tuple[Network, Port | None]]] = {}
        self._known: dict[tuple[str, str], Port | None] = {}

    def add(self, node: Node, prefix: str, port: Port | None) -> None:
        """An explicit route of a node; `port` None lets packets to the prefix vanish."""
        try:
            network = ipaddress.ip_network(prefix)
        except ValueError:
            raise MisuseError(f"not a prefix: {prefix}; write for example 10.0.0.0/24") from None
        routes = self._explicit.setdefault(node.name, [])
        routes.append((network, port))
        routes.sort(key=lambda route: -route[0].prefixlen)
        self._known.clear()

    def forget(self) -> None:
        """The network has changed."""
        self._known.clear()

    def port(self, node: Node, destination: str) -> Port | None:
        """The interface by which a node reaches an address; None where it cannot."""
        key = (node.name, destination)
        if key not in self._known:
            self._known[key] = self._find(node, destination)
        return self._known[key]

    def vanishes(self, node: Node, destination: str) -> bool:
        """Whether an explicit route lets packets to an address vanish, so that nobody is told of them."""
        found = self._explicit_route(node, destination)
        return found is not None and found[1] is None

    def _explicit_route(self, node: Node, destination: str) -> tuple[Network, Port | None] | None:
        address = ipaddress.ip_address(destination) if node.name in self._explicit else None
        return next((route for route in self._explicit.get(node.name, ()) if address in route[0]), None)

    def _find(self, node: Node, destination: str) -> Port | None:
        found = self._explicit_route(node, destination)
        return self._shortest(node, destination) if found is None else found[1]

    def _shortest(self, node: Node, destination: str) -> Port | None:
        """Breadth first over nodes that forward, ties in the order in which links were made."""
        seen = {node.name}
        waiting: deque[tuple[Node, Port]] = deque()
        for port, neighbour in node.neighbours():
            waiting.append((neighbour, port))
        while waiting:
            here, first = waiting.popleft()
            if here.name in seen:
                continue
            seen.add(here.name)
            if here.owns(destination):
                return first
            if here.forwards:
                waiting.extend((neighbour, first) for _, neighbour in here.neighbours())
        return None
