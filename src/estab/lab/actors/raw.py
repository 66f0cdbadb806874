"""A node that sends whatever packets it likes, in anybody's name, and looks at what comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from estab.lab.node import Node, Port
from estab.lab.packets import Datum
from estab.wire.segment import Packet, Segment

if TYPE_CHECKING:
    from estab.lab.world import World


class RawActor(Node):
    """The node; packets to its addresses come to `heard`, or to the function given as `on_packet`."""

    def __init__(self, world: World, name: str, *addresses: str, on_packet: Callable[[Packet], None] | None = None) -> None:
        super().__init__(world, name, addresses)
        self.chance = world.chance.child(f"actor {name}")
        self.on_packet = on_packet
        self.sent = 0
        self.received = 0
        self._ip_id = self.chance.below(65_536)
        world.add(self)

    @property
    def address(self) -> str:
        """The first address of its own."""
        return self.addresses[0]

    def send(self, source: tuple[str, int], target: tuple[str, int], segment: Segment, *, ttl: int = 64, ecn: int = 0) -> None:
        """One packet in the name of `source`."""
        self.sent += 1
        self._ip_id = (self._ip_id + 1) & 0xFFFF
        self.port.send(Packet(*source, *target, segment, ttl=ttl, ecn=ecn, ip_id=self._ip_id))

    def receive(self, datum: Datum, port: Port) -> None:
        """A packet has arrived."""
        del port
        self.received += 1
        if isinstance(datum, Packet) and datum.destination in self.addresses:
            self.heard(datum)

    def heard(self, packet: Packet) -> None:
        """A TCP packet for one of its own addresses."""
        if self.on_packet is not None:
            self.on_packet(packet)

    def repeat(self, count: int, every_ns: int, action: Callable[[int], None], *, after_ns: int = 0) -> None:
        """Does something `count` times, at equal intervals; it is told the number, from 0."""
        clock = self.world.clock

        def turn(number: int) -> None:
            action(number)
            if number + 1 < count:
                clock.after(every_ns, turn, number + 1)

        if count > 0:
            clock.after(after_ns, turn, 0)
