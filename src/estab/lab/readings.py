"""Readings of the hosts of a simulated network, as `live` takes them of a kernel: what rules for a live host look at."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from estab.lab.host import Host
from estab.snapshot import HostSnapshot, Owner

if TYPE_CHECKING:
    from estab.lab.world import World

FIRST_PID = 1000


@dataclass(frozen=True, slots=True)
class Reading:
    """A host at one instant; `boot` tells its lives apart."""

    boot: int
    snapshot: HostSnapshot


class HostReadings:
    """Reads every host that is on, at whole steps of virtual time, from now on."""

    def __init__(self, world: World, every_ns: int) -> None:
        self._world, self._every_ns = world, every_ns
        self._taken: dict[str, list[Reading]] = {}
        self._take(None)

    def pairs(self) -> Iterator[tuple[str, HostSnapshot, HostSnapshot]]:
        """A host's name and two readings in a row between which it did not go down; host after host, in the order of time."""
        for name, taken in self._taken.items():
            for before, after in itertools.pairwise(taken):
                if before.boot == after.boot:
                    yield name, before.snapshot, after.snapshot

    def _take(self, argument: Any) -> None:
        del argument
        for node in self._world.nodes.values():
            if isinstance(node, Host) and node.is_on:
                self._taken.setdefault(node.name, []).append(Reading(node.boots, read_host(node)))
        self._world.clock.at(self._world.now_ns + self._every_ns, self._take)


def read_host(host: Host) -> HostSnapshot:
    """A host now: counters, settings, sockets, and which of its processes holds which of them."""
    owners: dict[int, tuple[Owner, ...]] = {}
    for number, process in enumerate(host.processes):
        for handle in process.handles:
            owner = Owner(pid=FIRST_PID + number, command=process.name)
            owners[handle.socket.inode] = (*owners.get(handle.socket.inode, ()), owner)
    return replace(host.stack.host_snapshot(host.world.now_ns), owners=owners)
