from __future__ import annotations

from estab.diagnose.evidence.host_queues import dropped_by_queues, queue_drops
from estab.snapshot import QueueingDiscipline
from tests.host_rules.snapshots import Case, facts_of


def queue(handle: int, dropped: int, sent: int, interface: str = "e0") -> QueueingDiscipline:
    return QueueingDiscipline(interface=interface, kind="tbf", handle=handle, dropped=dropped, packets_sent=sent)


def test_drops_since_the_first_look_of_the_worst_queue_of_each_interface() -> None:
    before, after = (
        (queue(1, 5, 10), queue(2, 0, 0), queue(1, 1, 1, "e1")),
        (queue(1, 25, 90), queue(2, 3, 9), queue(1, 1, 9, "e1"), queue(7, 9, 9, "e2")),
    )
    facts = facts_of(Case(code="a.b", name="x", severity=None, earlier={"qdiscs": before}, snapshot={"qdiscs": after}))
    (found,) = queue_drops(facts)
    assert (found.interface, found.dropped, found.sent, found.rate) == ("e0", 20, 80, 0.2) and dropped_by_queues(facts) == 20
