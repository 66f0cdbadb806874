from __future__ import annotations

from estab.diagnose.evidence.host_endings import Endings, endings, idle_before, pending_of_closed, vanished
from estab.machine.states import State
from tests.host_rules.snapshots import Case, accepted, facts_of, listener, opened

NONE = {"unread": 0, "lingered": 0, "late_data": 0, "timeouts": 0, "pending": 0, "killed": 0, "received": 0, "answered": 0}


def ended(before: tuple[object, ...] = (opened(9),), **moved: int) -> Endings:
    names = {name: f"Tcp.{name}" if name in {"EstabResets", "OutRsts", "AttemptFails"} else f"TcpExt.{name}" for name in moved}
    counted = {names[name]: by for name, by in moved.items()}
    return endings(facts_of(Case(code="a.b", name="x", severity=None, before=before, after=[opened(9)], moved=counted)))  # type: ignore[arg-type]


def test_each_way_of_ending_is_told_from_the_others() -> None:
    """The counters are those that a kernel moved (Linux 6.18)."""
    assert ended(TCPAbortOnData=1, EstabResets=1, OutRsts=1) == Endings(**(NONE | {"lingered": 1}))
    assert ended(TCPAbortOnClose=1, EstabResets=1, OutRsts=1) == Endings(**(NONE | {"unread": 1}))
    assert ended(TCPAbortOnTimeout=1, EstabResets=1) == Endings(**(NONE | {"timeouts": 1}))
    assert ended(EstabResets=1) == Endings(**(NONE | {"received": 1}))
    assert ended(EstabResets=1, OutRsts=1) == Endings(**(NONE | {"killed": 1}))
    assert ended(TCPAbortOnData=1, OutRsts=1) == Endings(**(NONE | {"late_data": 1}))
    assert ended(OutRsts=3) == Endings(**(NONE | {"answered": 3}))
    assert ended(OutRsts=3, AttemptFails=3) == Endings(**NONE)  # refused by this very host
    assert ended(OutRsts=3, EmbryonicRsts=3) == Endings(**NONE)


def test_connections_that_waited_at_a_closed_listener() -> None:
    before = (listener(), accepted(0, inode=0), accepted(1, inode=0), accepted(2))
    assert ended((*before, opened(9)), EstabResets=2, OutRsts=2) == Endings(**(NONE | {"pending": 2}))
    facts = facts_of(Case(code="a.b", name="x", severity=None, before=before, after=[listener()]))
    assert len(pending_of_closed(facts)) == 0


def test_on_loopback_one_abort_moves_the_counters_of_both_ends() -> None:
    lone = opened(9, remote="127.0.0.1:80")
    counted = {"TcpExt.TCPAbortOnClose": 1, "Tcp.EstabResets": 2, "Tcp.OutRsts": 1}
    found = endings(facts_of(Case(code="a.b", name="x", severity=None, before=[lone], after=[lone], moved=counted)))
    assert found == Endings(**(NONE | {"unread": 1}))


def test_what_vanished_left_nothing_behind() -> None:
    before = [opened(0, cookie=1), opened(1, cookie=2, last_data_recv_ms=10), opened(2, cookie=3)]
    facts = facts_of(Case(code="a.b", name="x", severity=None, before=before, after=[opened(0, State.TIME_WAIT, cookie=7)]))
    rows = vanished(facts, State.ESTABLISHED)
    assert rows.tolist() == [1, 2] and idle_before(facts, rows, 1_000).tolist() == [2]
