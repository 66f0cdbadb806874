"""Networks without a TCP for tests of links, routers and boxes: raw actors that note what they hear."""

from __future__ import annotations

from dataclasses import dataclass, field

from estab.lab.actors.raw import RawActor
from estab.lab.clock import EPOCH_NS
from estab.lab.node import Port
from estab.lab.packets import Datum, IcmpPacket
from estab.lab.world import World
from estab.wire.segment import ACK, SYN, Packet, Segment, SynOptions


class Ear(RawActor):
    """An actor that keeps everything that arrives, with the time since the beginning."""

    def __init__(self, world: World, name: str, *addresses: str) -> None:
        super().__init__(world, name, *addresses)
        self.heard_at: list[tuple[int, Datum]] = []

    def receive(self, datum: Datum, port: Port) -> None:
        super().receive(datum, port)
        self.heard_at.append((self.world.elapsed_ns, datum))

    @property
    def packets(self) -> list[Packet]:
        return [datum for _, datum in self.heard_at if isinstance(datum, Packet)]

    @property
    def errors(self) -> list[IcmpPacket]:
        return [datum for _, datum in self.heard_at if isinstance(datum, IcmpPacket)]

    @property
    def times_ns(self) -> list[int]:
        return [time_ns for time_ns, _ in self.heard_at]


@dataclass
class Wire:
    """Two ears on one link."""

    world: World = field(default_factory=lambda: World(seed=1))

    def __post_init__(self) -> None:
        self.one, self.other = Ear(self.world, "one", "10.0.0.1"), Ear(self.world, "other", "10.0.0.2")


def data(seq: int, length: int = 1000, *, flags: int = ACK) -> Segment:
    return Segment(seq, 1, flags, 1000, b"x" * length)


def syn(seq: int = 100) -> Segment:
    return Segment(seq, 0, SYN, 64_240, syn=SynOptions(mss_bytes=1460, window_scale=7, sack_permitted=True), tsval=1)


def seqs(packets: list[Packet]) -> list[int]:
    return [packet.segment.seq for packet in packets]


START_NS = EPOCH_NS
