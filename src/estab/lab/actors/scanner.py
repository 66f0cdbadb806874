"""A port scanner: one SYN to each port, and a RST to whoever answers with SYN-ACK (a half-open scan)."""

from __future__ import annotations

import enum
from collections.abc import Iterable

from estab.instant import SECOND_NS
from estab.lab.actors.raw import RawActor
from estab.wire.segment import ACK, RST, SYN, Packet, Segment, SynOptions


class PortState(enum.Enum):
    """What a scan learns about a port."""

    OPEN = "open"
    CLOSED = "closed"
    SILENT = "filtered"


class PortScanner:
    """The scanner; `found` holds what it has learnt, ports that have not answered are SILENT."""

    def __init__(self, actor: RawActor, target: str, *, source_port: int = 50_000) -> None:
        self.actor, self.target, self.source_port = actor, target, source_port
        self.found: dict[int, PortState] = {}
        actor.on_packet = self._heard

    def start(self, ports: Iterable[int], *, rate: int, after_ns: int = 0) -> None:
        """Asks these ports, in this order."""
        asked = list(ports)
        self.found.update(dict.fromkeys(asked, PortState.SILENT))

        def one(number: int) -> None:
            syn = Segment(self.actor.chance.bits32(), 0, SYN, 1024, syn=SynOptions(mss_bytes=1460))
            self.actor.send((self.actor.address, self.source_port), (self.target, asked[number]), syn)

        self.actor.repeat(len(asked), SECOND_NS // rate, one, after_ns=after_ns)

    def _heard(self, packet: Packet) -> None:
        port, segment = packet.source_port, packet.segment
        if packet.source != self.target or port not in self.found:
            return
        if segment.flags & RST:
            self.found[port] = PortState.CLOSED
        elif segment.flags & (SYN | ACK) == SYN | ACK:
            self.found[port] = PortState.OPEN
            self.actor.send((self.actor.address, self.source_port), (self.target, port), Segment(segment.ack, 0, RST, 0))
