"""What rules over a live host may ask for."""

from __future__ import annotations

import pytest

from estab.diagnose.host_facts import HostFacts
from estab.instant import SECOND_NS
from estab.snapshot import HostSnapshot, Owner
from tests.host_rules.hosts import facts_of, socket


def test_counters_move_together_and_backwards_is_not_movement() -> None:
    facts = facts_of({"a": 10, "b": 5, "back": -3})
    assert (facts.moved("a", "b", "back", "absent"), facts.per_second("a")) == (15, 2.0)
    assert facts.has("a", "b") and not facts.has("a", "absent")


def test_settings_as_numbers() -> None:
    facts = facts_of(knobs={"tcp_mem": "1 2 3", "tcp_max_orphans": "7"})
    assert (facts.numbers("tcp_mem"), facts.number("tcp_max_orphans"), facts.knob("absent"), facts.number("absent", 4)) == (
        (1, 2, 3),
        7,
        None,
        4,
    )


def test_owners_are_asked_for_once_and_only_for_sockets_that_a_finding_names() -> None:
    asked: list[list[int]] = []

    def owners_of(inodes: object) -> dict[int, tuple[Owner, ...]]:
        asked.append(sorted(inodes))  # type: ignore[call-overload]
        return {7: (Owner(70, "seven"),)}

    after = facts_of(after=[socket(number=7), socket(number=8)]).after
    facts = HostFacts(after, after, owners_of=owners_of)
    assert [owner.command for owner in facts.owners([0])] == ["seven"] == [owner.command for owner in facts.owners([0])]
    assert asked == [[7]]


def test_the_interval_is_never_nothing() -> None:
    same = HostSnapshot(taken_ns=SECOND_NS)
    assert HostFacts(same, same).interval_ns == 1


@pytest.mark.parametrize(("name", "reason"), [("owners", "hidden"), ("sockets", None)])
def test_what_could_not_be_seen(name: str, reason: str | None) -> None:
    later = HostSnapshot(taken_ns=2, unseen={"owners": "hidden"})
    assert HostFacts(HostSnapshot(taken_ns=1), later).unseen(name) == reason
