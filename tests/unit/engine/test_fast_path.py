"""Both ways through ESTABLISHED lead to the same, segment by segment and variable by variable."""

from __future__ import annotations

from typing import Any

import pytest

from estab.chance import Chance
from estab.engine import connection as front
from estab.engine.fast_path import take_quickly
from estab.machine.states import State
from estab.wire.segment import ACK, ECE, FIN, PSH, URG
from tests.property.lives import Life
from tests.unit.engine.named import in_state


def inside(part: Any) -> Any:
    """All variables of a connection and its parts, as plain values."""
    if isinstance(part, int | str | bytes | bytearray | tuple | list | None):
        return bytes(part) if isinstance(part, bytearray) else part
    slots = [slot for cls in type(part).__mro__ for slot in getattr(cls, "__slots__", ())]
    return {slot: inside(getattr(part, slot, None)) for slot in slots if slot not in {"config", "settings", "events", "limits", "profile"}}


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_a_life_is_the_same_without_the_fast_path(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = Life(seed)
    fast.run()
    monkeypatch.setattr(front, "take_quickly", refuse)
    slow = Life(seed)
    slow.run()
    assert [str(sent) for sent in fast.pair.wire] == [str(sent) for sent in slow.pair.wire]
    assert fast.read == slow.read and fast.pair.events == slow.pair.events


def refuse(*_arguments: Any) -> bool:
    return False


def test_variables_are_the_same_after_each_segment(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = Chance(5)
    quick, slow = in_state(State.ESTABLISHED), in_state(State.ESTABLISHED)
    for round_number in range(300):
        payload, behind = bytes(chance.below(2) * chance.below(1460)), -chance.below(3)
        flags = ACK | PSH * chance.below(2)
        if chance.below(4) == 0:
            data = bytes(chance.below(3000))
            assert quick.connection.write(data, quick.now_ns) == slow.connection.write(data, slow.now_ns)
        left = []
        for named, path in ((quick, take_quickly), (slow, refuse)):
            monkeypatch.setattr(front, "take_quickly", path)
            before = named.flush()
            sender = named.connection.sender
            assert sender is not None
            left.append([before, named.sends(flags, payload, ack=max(behind, sender.snd_una - sender.snd_nxt), window=40_000)])
            named.connection.read(1 << 16, named.now_ns)
            named.now_ns += 1_000_000 * (1 + round_number % 7)
        assert left[0] == left[1]
        for part in ("receiver", "acks", "sender"):
            assert inside(getattr(quick.connection, part)) == inside(getattr(slow.connection, part))


def is_quick(monkeypatch: pytest.MonkeyPatch, flags: int = ACK, payload: bytes = b"", *, seq: int = 0, ack: int = 0) -> bool:
    """Whether such a segment is taken on the fast path of an established connection."""
    named = in_state(State.ESTABLISHED)
    answers: list[bool] = []

    def watch(*arguments: Any) -> bool:
        answers.append(take_quickly(*arguments))
        return answers[-1]

    monkeypatch.setattr(front, "take_quickly", watch)
    named.gets(flags, payload, seq=seq, ack=ack)
    return answers == [True]


def test_only_the_expected_goes_this_way(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_quick(monkeypatch) and is_quick(monkeypatch, ACK | PSH, b"text")
    assert not any(is_quick(monkeypatch, flags, b"x") for flags in (ACK | FIN, ACK | URG, ACK | ECE, 0))
    assert not any(is_quick(monkeypatch, ACK, b"x", seq=seq) for seq in (1, -1))
    assert not any(is_quick(monkeypatch, ACK, ack=ack) for ack in (1, -1))
