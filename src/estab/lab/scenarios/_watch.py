"""What leaves a host, kept for a scenario's own check: where counters do not tell in which order things went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from estab.lab.packets import Datum
from estab.wire.segment import Packet, Segment

if TYPE_CHECKING:
    from estab.lab.host import Host


@dataclass(frozen=True, slots=True)
class Seen:
    """One segment that passed an interface."""

    time_ns: int
    """Since the run began."""
    sent: bool
    """By this host; else it has received it."""
    segment: Segment


def watch(host: Host) -> list[Seen]:
    """The segments that a host sends and receives, from now on."""
    seen: list[Seen] = []
    world = host.world
    tap = world.tap(host)
    tap.keeps_bytes = False

    def note(datum: Datum, time_ns: int, frame: int) -> None:
        del time_ns, frame
        if isinstance(datum, Packet):
            seen.append(Seen(world.elapsed_ns, datum.source in host.addresses, datum.segment))

    tap.observers.append(note)
    return seen
