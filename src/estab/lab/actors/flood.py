"""Floods: of SYNs with forged sources, which never finish a handshake, and of whole connections, which do and then say nothing."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from estab.instant import SECOND_NS
from estab.lab.actors.raw import RawActor
from estab.wire.segment import ACK, SYN, Packet, Segment, SynOptions

WINDOW = 64_240
OPTIONS = SynOptions(mss_bytes=1460, window_scale=7, sack_permitted=True)


@dataclass(slots=True)
class SynFlood:
    """SYNs to one port from random addresses of a prefix that nobody has, `rate` a second."""

    actor: RawActor
    target: tuple[str, int]
    sources: str = "198.18.0.0/15"
    """Addresses for tests of networks (RFC 2544).  Nobody answers the SYN-ACKs, and routers let them vanish without an ICMP error."""

    def start(self, count: int, *, rate: int, after_ns: int = 0) -> None:
        """Sends so many."""
        network = ipaddress.ip_network(self.sources)
        world = self.actor.world
        for node in world.nodes.values():
            if node.forwards:
                world.routes.add(node, self.sources, None)
        chance = self.actor.chance

        def one(_: int) -> None:
            source = str(network[chance.below(min(network.num_addresses, 1 << 32))])
            self.actor.send((source, 1024 + chance.below(64_000)), self.target, Segment(chance.bits32(), 0, SYN, WINDOW, syn=OPTIONS))

        self.actor.repeat(count, SECOND_NS // rate, one, after_ns=after_ns)


class ConnectionFlood:
    """Opens connections from its own address, acknowledges each SYN-ACK, and never says anything more.

    No socket stands behind them: a hundred thousand cost the attacker nothing.
    """

    def __init__(self, actor: RawActor, target: tuple[str, int]) -> None:
        self.actor, self.target = actor, target
        self.opened = self.refused = 0
        actor.on_packet = self._heard

    def start(self, count: int, *, rate: int, first_port: int = 1024, after_ns: int = 0) -> None:
        """Opens so many, from ports one after the other."""

        def one(number: int) -> None:
            source = (self.actor.address, first_port + number % (65_536 - first_port))
            self.actor.send(source, self.target, Segment(self.actor.chance.bits32(), 0, SYN, WINDOW, syn=OPTIONS))

        self.actor.repeat(count, SECOND_NS // rate, one, after_ns=after_ns)

    def _heard(self, packet: Packet) -> None:
        segment = packet.segment
        if segment.flags & (SYN | ACK) == SYN | ACK:
            self.opened += 1
            answer = Segment(segment.ack, (segment.seq + 1) & 0xFFFFFFFF, ACK, WINDOW)
            self.actor.send((packet.destination, packet.destination_port), (packet.source, packet.source_port), answer)
        elif segment.flags & 4:
            self.refused += 1
