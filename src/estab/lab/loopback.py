"""The interface by which a host reaches itself: 127.0.0.1, or its own address from any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.node import Node, Port
from estab.lab.packets import Datum
from estab.lab.pipe import Path, Pipe

if TYPE_CHECKING:
    from estab.lab.world import World

DELAY_NS = 5_000
MTU_BYTES = 65_536


class LoopbackPort(Port):
    """Both ends at once: what leaves arrives, and a tap sees it once."""

    __slots__ = ()

    def send(self, datum: Datum) -> None:
        """A packet leaves; it is shown when it arrives."""
        self.out.send(datum)


def loopback(node: Node) -> Port:
    """The node's loopback interface; made when first asked for."""
    world: World = node.world
    port = world.loopbacks.get(node.name)
    if port is None:
        port = LoopbackPort(node, f"{node.name}:lo")
        path = Path(delay=DELAY_NS, mtu_bytes=MTU_BYTES)
        port.out = Pipe(world, f"{node.name}>{node.name}", port, port, path, world.chance.child(f"loopback {node.name}"))
        world.loopbacks[node.name] = port
    return port
