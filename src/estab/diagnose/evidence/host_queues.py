"""Queues in front of a live host's interfaces: what they dropped between two snapshots."""

from __future__ import annotations

from dataclasses import dataclass

from estab.diagnose.host_facts import HostFacts


@dataclass(frozen=True, slots=True)
class QueueDrops:
    """One queueing discipline: packets that it dropped, and sent."""

    interface: str
    kind: str
    dropped: int
    sent: int

    @property
    def rate(self) -> float:
        """Of the packets that came to it, the part that was dropped."""
        return self.dropped / max(self.dropped + self.sent, 1)


def queue_drops(facts: HostFacts) -> list[QueueDrops]:
    """Queues that dropped packets, the worst first.  Of queues that hang below each other the uppermost counts."""
    before = {(queue.interface, queue.handle, queue.parent, queue.kind): queue for queue in facts.before.qdiscs}
    found: dict[str, QueueDrops] = {}
    for queue in facts.after.qdiscs:
        was = before.get((queue.interface, queue.handle, queue.parent, queue.kind))
        if was is None:
            continue
        dropped, sent = queue.dropped - was.dropped, queue.packets_sent - was.packets_sent
        known = found.get(queue.interface)
        if dropped > 0 and (known is None or dropped > known.dropped):
            found[queue.interface] = QueueDrops(queue.interface, queue.kind, dropped, max(sent, 0))
    return sorted(found.values(), key=lambda queue: -queue.dropped)


def dropped_by_queues(facts: HostFacts) -> int:
    """Packets that queues dropped."""
    return sum(queue.dropped for queue in queue_drops(facts))
