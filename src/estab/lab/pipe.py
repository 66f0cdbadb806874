"""One direction of a link: stages, losses, a queue in front of a rate, and a delay.

A packet meets, in this order: a cut cable, the stages (fault rules, middleboxes), loss, corruption, duplication, the queue (tail drop,
ECN marks), the rate, and the delay with its jitter or reordering.  What the link does not have costs nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from estab.chance import Chance
from estab.errors import MisuseError
from estab.instant import SECOND_NS
from estab.lab.loss import LossModel
from estab.lab.packets import Datum, copy_of, damaged, length_of
from estab.lab.timeline import Loss
from estab.lab.units import Duration, Rate, bits_per_second, span_ns
from estab.wire.segment import Packet

if TYPE_CHECKING:
    from estab.lab.node import Port
    from estab.lab.world import World

CONGESTION_EXPERIENCED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """What one direction of a link is like; the default is an ideal cable."""

    delay: Duration = 0
    rate: Rate = 0
    """0: no limit, and so no queue."""
    jitter: Duration = 0
    """Each packet is delayed by up to this more; the order stays."""
    queue_packets: int = 1000
    """Packets that may wait for the rate; one more is dropped (tail drop)."""
    queue_bytes: int = 0
    """The same in bytes; 0: no limit."""
    mark_bytes: int = 0
    """Packets of ECN-capable transports that find so many bytes waiting are marked (RFC 3168); 0: none."""
    mtu_bytes: int = 1500
    loss: LossModel | None = None
    duplicate: float = 0.0
    corrupt: float = 0.0
    reorder: float = 0.0
    """The share of packets that is overtaken."""
    reorder_by: Duration = "5ms"
    """How much later those arrive."""

    def __post_init__(self) -> None:
        for name in ("duplicate", "corrupt", "reorder"):
            if not 0 <= getattr(self, name) <= 1:
                raise MisuseError(f"{name} is a probability from 0 to 1, not {getattr(self, name)}")
        if self.mtu_bytes < 68:
            raise MisuseError(f"an MTU is at least 68 bytes (RFC 791), not {self.mtu_bytes}")


class Stage(Protocol):
    """Something on a direction of a link that looks at each packet."""

    def take(self, datum: Datum, pipe: Pipe, place: int) -> Datum | None:
        """The packet as it goes on, or None where it does not, or not now (see `Pipe.resume`)."""


class Pipe:
    """One direction of a link, toward `target`."""

    __slots__ = (
        "_arrive",
        "_chance",
        "_clock",
        "_delay_ns",
        "_free_ns",
        "_jitter_ns",
        "_last_arrival_ns",
        "_loses",
        "_plain",
        "_rate",
        "_reorder_by_ns",
        "_waiting",
        "_waiting_bytes",
        "cut",
        "delivered",
        "lost",
        "marked",
        "mtu_bytes",
        "name",
        "path",
        "queue_longest",
        "source",
        "stages",
        "taps",
        "target",
        "world",
    )  # fmt: skip

    def __init__(self, world: World, name: str, source: Port, target: Port, path: Path, chance: Chance) -> None:
        self.world, self.name, self.source, self.target = world, name, source, target
        self._clock, self._chance = world.clock, chance
        self.stages: list[Stage] = []
        self.taps: list[Callable[[Datum], None]] = []
        self.cut = False
        self.delivered = self.lost = self.marked = self.queue_longest = 0
        self._waiting: deque[tuple[int, int]] = deque()
        self._waiting_bytes = 0
        self._free_ns = self._last_arrival_ns = 0
        self._arrive = target.arrive
        self._become(path)

    def change(self, **changes: Any) -> None:
        """Changes the link from now on: `pipe.change(loss=Bernoulli(0.1))`."""
        self._become(replace(self.path, **changes))

    def _become(self, path: Path) -> None:
        self.path = path
        self._delay_ns, self._jitter_ns = span_ns(path.delay), span_ns(path.jitter)
        self._rate, self._reorder_by_ns = bits_per_second(path.rate), span_ns(path.reorder_by)
        self._loses = None if path.loss is None else path.loss.begin(self._chance.child("loss"))
        self.mtu_bytes = path.mtu_bytes
        self.refresh()

    def refresh(self) -> None:
        """Finds out anew whether packets may take the short way; to be called when stages or taps have changed."""
        path = self.path
        odd = self.stages or self.taps or self.cut or path.loss or path.duplicate or path.corrupt or path.reorder or path.jitter
        self._plain = not odd

    def send(self, datum: Datum) -> None:
        """Takes a packet from the near end."""
        clock = self._clock
        clock.packets += 1
        if clock.packets > clock.limits.packets:
            clock.count_packet()
        if not self._plain:
            self.resume(datum, 0)
        elif self._rate:
            self._queue(datum, 0)
        else:
            self.delivered += 1
            clock.at(clock.now_ns + self._delay_ns, self._arrive, datum)

    def resume(self, datum: Datum, place: int) -> None:
        """Goes on with the stage of this number: for stages that let a packet wait, or send packets of their own."""
        if self.cut:
            self.lose(datum, Loss.LINK_DOWN)
            return
        passing: Datum | None = datum
        for number in range(place, len(self.stages)):
            passing = self.stages[number].take(datum, self, number)
            if passing is None:
                return
            datum = passing
        if self._loses is not None and self._loses():
            self.lose(datum, Loss.CHANCE)
            return
        path, chance = self.path, self._chance
        if path.corrupt and chance.unit() < path.corrupt and isinstance(datum, Packet):
            datum = damaged(datum)
        if path.duplicate and chance.unit() < path.duplicate:
            self._onward(copy_of(datum))
        self._onward(datum)

    def _onward(self, datum: Datum) -> None:
        for tap in self.taps:
            tap(datum)
        later_ns = 0
        if self.path.reorder and self._chance.unit() < self.path.reorder:
            later_ns = self._reorder_by_ns
        if self._rate:
            self._queue(datum, later_ns)
        else:
            self._arrive_after(datum, self._clock.now_ns, later_ns)

    def _queue(self, datum: Datum, later_ns: int) -> None:
        """The queue in front of the rate: what fits in is sent when all before it has been."""
        now_ns, waiting, path = self._clock.now_ns, self._waiting, self.path
        while waiting and waiting[0][0] <= now_ns:
            self._waiting_bytes -= waiting.popleft()[1]
        length = length_of(datum)
        if len(waiting) > path.queue_packets or (path.queue_bytes and self._waiting_bytes + length > path.queue_bytes):
            self.lose(datum, Loss.QUEUE_FULL)
            return
        if path.mark_bytes and self._waiting_bytes >= path.mark_bytes and datum.ecn in {1, 2}:
            datum = copy_of(datum)
            datum.ecn = CONGESTION_EXPERIENCED
            self.marked += 1
        start_ns = max(self._free_ns, now_ns)
        self._free_ns = sent_ns = start_ns + (length * 8 * SECOND_NS) // self._rate
        waiting.append((sent_ns, length))
        self._waiting_bytes += length
        self.queue_longest = max(self.queue_longest, len(waiting))
        if self._plain:
            self.delivered += 1
            self._clock.at(sent_ns + self._delay_ns, self._arrive, datum)
        else:
            self._arrive_after(datum, sent_ns, later_ns)

    def _arrive_after(self, datum: Datum, sent_ns: int, later_ns: int) -> None:
        arrival_ns = sent_ns + self._delay_ns
        if self._jitter_ns:
            arrival_ns += self._chance.below(self._jitter_ns + 1)
        if later_ns:
            arrival_ns += later_ns
        elif self._jitter_ns:
            self._last_arrival_ns = arrival_ns = max(arrival_ns, self._last_arrival_ns)
        self.delivered += 1
        self._clock.at(arrival_ns, self._arrive, datum)

    def lose(self, datum: Datum, why: Loss) -> None:
        """A packet goes no further."""
        self.lost += 1
        self.world.lose(datum, self.name, why)

    @property
    def delay_ns(self) -> int:
        """How long a packet is under way when nothing waits."""
        return self._delay_ns
