"""A cable between two nodes: two directions, each a pipe of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from estab.errors import MisuseError
from estab.lab.faults import FaultRule
from estab.lab.node import Node, Port
from estab.lab.pipe import Path, Pipe
from estab.lab.timeline import Fate

if TYPE_CHECKING:
    from estab.lab.middlebox import Middlebox
    from estab.lab.world import World


class Link:
    """Two nodes and the two directions between them."""

    def __init__(self, world: World, one: Node, other: Node, forth: Path, back: Path) -> None:
        self.world, self.nodes = world, (one, other)
        self.name = f"{one.name}-{other.name}"
        near, far = one.add_port(f"{one.name}:{other.name}"), other.add_port(f"{other.name}:{one.name}")
        self._ports = (near, far)
        self._pipes = tuple(self._pipe(source, target, path) for source, target, path in ((near, far, forth), (far, near, back)))
        near.out, far.out = self._pipes
        near.link = far.link = self
        self.is_cut = False

    def _pipe(self, source: Port, target: Port, path: Path) -> Pipe:
        name = f"{source.node.name}>{target.node.name}"
        return Pipe(self.world, name, source, target, path, self.world.chance.child(f"pipe {name} {len(self.world.links)}"))

    def toward(self, node: Node) -> Pipe:
        """The direction that ends at a node."""
        for pipe in self._pipes:
            if pipe.target.node is node:
                return pipe
        raise MisuseError(f"{self.name} does not lead to {node.name}")

    @property
    def pipes(self) -> tuple[Pipe, ...]:
        """Both directions."""
        return self._pipes

    def port_of(self, node: Node) -> Port:
        """The link's end at a node."""
        return self._ports[self.nodes.index(node)]

    def other(self, node: Node) -> Node:
        """The node at the other end."""
        return self.nodes[1 - self.nodes.index(node)]

    def change(self, **changes: Any) -> None:
        """Changes both directions from now on."""
        for pipe in self._pipes:
            pipe.change(**changes)

    def add(self, rule: FaultRule, *, toward: Node | None = None) -> FaultRule:
        """A fault rule on one direction, or on both; gives the rule, whose counters tell what it did."""
        for pipe in self._pipes if toward is None else (self.toward(toward),):
            pipe.stages.append(rule)
            pipe.refresh()
        return rule

    def insert(self, box: Middlebox) -> None:
        """A middlebox in the cable, which sees both directions."""
        box.join(self)

    def cut(self) -> None:
        """Cuts the cable: what is on it is lost too, and nobody is told."""
        self._set_cut(True, Fate.CUT)

    def mend(self) -> None:
        """Mends the cable."""
        self._set_cut(False, Fate.MENDED)

    def _set_cut(self, cut: bool, fate: Fate) -> None:
        self.is_cut = cut
        for pipe in self._pipes:
            pipe.cut = cut
            pipe.refresh()
        self.world.fate(self.name, fate)
