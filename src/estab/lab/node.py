"""Nodes of the network and their ports: what hosts, routers and raw actors have in common."""

from __future__ import annotations

import abc
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from estab.errors import MisuseError
from estab.lab.packets import Datum
from estab.lab.timeline import Fate, Loss

if TYPE_CHECKING:
    from estab.lab.link import Link
    from estab.lab.pipe import Pipe
    from estab.lab.world import World


class Watcher(Protocol):
    """What looks at the packets of a port (a tap)."""

    def see(self, datum: Datum, *, outgoing: bool) -> None:
        """One packet, as it leaves or arrives."""


class Port:
    """The end of a link at a node: an interface."""

    __slots__ = ("link", "name", "node", "out", "up", "watchers")

    def __init__(self, node: Node, name: str) -> None:
        self.node, self.name = node, name
        self.up = True
        self.watchers: list[Watcher] = []
        self.out: Pipe
        self.link: Link | None = None

    def send(self, datum: Datum) -> None:
        """A packet leaves the node."""
        if not self.up:
            self.node.world.lose(datum, self.name, Loss.INTERFACE_DOWN)
            return
        for watcher in self.watchers:
            watcher.see(datum, outgoing=True)
        self.out.send(datum)

    def arrive(self, datum: Datum) -> None:
        """A packet reaches the node."""
        if not self.up or (self.link is not None and self.link.is_cut):
            self.node.world.lose(datum, self.name, Loss.LINK_DOWN if self.up else Loss.INTERFACE_DOWN)
            return
        for watcher in self.watchers:
            watcher.see(datum, outgoing=False)
        self.node.receive(datum, self)

    def down(self) -> None:
        """Takes the interface down: nothing leaves, nothing arrives, nobody at the other end is told."""
        self.up = False
        self.node.world.fate(self.node.name, Fate.INTERFACE_DOWN, self.name)

    def lift(self) -> None:
        """Takes the interface up again."""
        self.up = True
        self.node.world.fate(self.node.name, Fate.INTERFACE_UP, self.name)


class Node(abc.ABC):
    """A place in the network: a name, addresses, ports."""

    forwards = False
    """True for nodes that pass packets on, over which routes may lead."""

    def __init__(self, world: World, name: str, addresses: tuple[str, ...]) -> None:
        self.world, self.name, self.addresses = world, name, addresses
        self.ports: list[Port] = []

    def add_port(self, name: str) -> Port:
        """One more interface."""
        port = Port(self, name)
        self.ports.append(port)
        return port

    @abc.abstractmethod
    def receive(self, datum: Datum, port: Port) -> None:
        """A packet has arrived."""

    def owns(self, address: str) -> bool:
        """Whether packets to this address are meant for this node."""
        return address in self.addresses

    @property
    def port(self) -> Port:
        """The only interface; raises MisuseError where there is none yet, or several."""
        if len(self.ports) != 1:
            raise MisuseError(f"{self.name} has {len(self.ports)} interfaces; say which one is meant")
        return self.ports[0]

    def port_toward(self, neighbour: Node) -> Port:
        """The interface of the link to a neighbour."""
        for port in self.ports:
            if port.link is not None and neighbour in port.link.nodes:
                return port
        raise MisuseError(f"no link joins {self.name} and {neighbour.name}")

    def neighbours(self) -> Iterator[tuple[Port, Node]]:
        """The nodes at the other ends of the links, in the order in which they were joined."""
        for port in self.ports:
            if port.link is not None:
                yield port, port.link.other(self)
