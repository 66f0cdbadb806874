"""Capture points: what goes by is written as pcapng, and shown to observers at the same instant.

A tap on an interface sees what leaves before the link can lose it and what has arrived; a tap on a link sees what is on the cable.
Bytes are made when the capture is asked for.  Comments on a packet (why it was dropped, which state it changed) find it by identity as
long as it is under way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from estab.lab.link import Link
from estab.lab.node import Node, Port
from estab.lab.octets import encode
from estab.lab.packets import Datum
from estab.wire.formats.pcapng_writer import Interface, PacketRecord, write_pcapng

if TYPE_CHECKING:
    from estab.lab.host import Host
    from estab.lab.world import World

Observer = Callable[[Datum, int, int], None]
"""Called with each packet, its time (nanoseconds since the epoch) and its number in the capture, from 1."""

UNDER_WAY_MOST = 4096
"""Packets that comments can still find."""


class Tap:
    """One capture point."""

    def __init__(self, world: World, name: str) -> None:
        self.world, self.name = world, name
        self.observers: list[Observer] = []
        self.keeps_bytes = True
        self.count = 0
        self._times: list[int] = []
        self._packets: list[bytes] = []
        self._comments: dict[int, list[str]] = {}
        self._under_way: dict[int, tuple[int, Datum]] = {}

    def see(self, datum: Datum, *, outgoing: bool = True) -> None:
        """One packet."""
        del outgoing
        self.count += 1
        now_ns = self.world.clock.now_ns
        if self.keeps_bytes:
            self._times.append(now_ns)
            self._packets.append(encode(datum))
            if self.world.timeline is not None:
                self._remember(datum)
        for observer in self.observers:
            observer(datum, now_ns, self.count)

    def _remember(self, datum: Datum) -> None:
        under_way = self._under_way
        under_way.pop(id(datum), None)
        under_way[id(datum)] = (self.count - 1, datum)
        if len(under_way) > UNDER_WAY_MOST:
            del under_way[next(iter(under_way))]

    def comment(self, datum: Datum, text: str) -> None:
        """Adds a remark to a packet, if it went by here."""
        found = self._under_way.get(id(datum))
        if found is not None:
            self._comments.setdefault(found[0], []).append(text)

    def pcapng(self, comment: str = "") -> bytes:
        """The capture as a pcapng file."""
        records = (
            PacketRecord(time_ns, 0, data, tuple(self._comments.get(number, ())))
            for number, (time_ns, data) in enumerate(zip(self._times, self._packets, strict=True))
        )
        return write_pcapng([Interface(name=self.name)], records, application="estab lab", comment=comment)


def tap(world: World, where: Node | Port | Link, name: str = "") -> Tap:
    """A tap at an interface, at the only interface of a node, or in the middle of a link."""
    if isinstance(where, Link):
        made = Tap(world, name or where.name)
        for pipe in where.pipes:
            pipe.taps.append(made.see)
            pipe.refresh()
        return made
    port = where.port if isinstance(where, Node) else where
    made = Tap(world, name or port.node.name)
    port.watchers.append(made)
    return made


def loopback_tap(world: World, host: Host, name: str = "") -> Tap:
    """A tap at a host's loopback interface, which sees each packet once."""
    made = Tap(world, name or f"{host.name}:lo")
    host.loop_watchers.append(made)
    return made
