"""How links lose packets: declarations (frozen), and what they do on one direction of one link (`begin`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from estab.chance import Chance
from estab.errors import MisuseError

Loses = Callable[[], bool]
"""Asked once for each packet: is this one lost?"""


class LossModel(Protocol):
    """A declaration of how packets get lost."""

    def begin(self, chance: Chance) -> Loses:
        """The losing itself, with a state of its own."""


def _probability(value: float) -> None:
    if not 0 <= value <= 1:
        raise MisuseError(f"a probability is a number from 0 to 1, not {value}")


@dataclass(frozen=True, slots=True)
class Bernoulli:
    """Each packet is lost with the same probability, whatever happened to others."""

    probability: float

    def __post_init__(self) -> None:
        _probability(self.probability)

    def begin(self, chance: Chance) -> Loses:
        """The losing itself."""
        probability, draw = self.probability, chance.unit
        return lambda: draw() < probability


@dataclass(frozen=True, slots=True, kw_only=True)
class GilbertElliott:
    """Losses in bursts (Elliott 1963): two states, `good` and `bad`, each with a probability of loss, and of being left at each packet."""

    good_to_bad: float
    bad_to_good: float
    loss_in_good: float = 0.0
    loss_in_bad: float = 1.0

    def __post_init__(self) -> None:
        for value in (self.good_to_bad, self.bad_to_good, self.loss_in_good, self.loss_in_bad):
            _probability(value)

    @property
    def rate(self) -> float:
        """The share of packets that is lost in the long run."""
        leaves = self.good_to_bad + self.bad_to_good
        bad = self.good_to_bad / leaves if leaves else 0.0
        return (1 - bad) * self.loss_in_good + bad * self.loss_in_bad

    def begin(self, chance: Chance) -> Loses:
        """The losing itself, beginning in the good state."""
        draw, bad = chance.unit, False

        def loses() -> bool:
            nonlocal bad
            if draw() < (self.bad_to_good if bad else self.good_to_bad):
                bad = not bad
            return draw() < (self.loss_in_bad if bad else self.loss_in_good)

        return loses


@dataclass(frozen=True, slots=True)
class NthPackets:
    """The packets of these numbers (the first is 1) are lost, no other."""

    numbers: frozenset[int]

    def begin(self, chance: Chance) -> Loses:
        """The losing itself."""
        del chance
        count = 0

        def loses() -> bool:
            nonlocal count
            count += 1
            return count in self.numbers

        return loses


@dataclass(frozen=True, slots=True)
class EveryNth:
    """Every `step`-th packet is lost: the regular losses for which response functions are written (RFC 5348 §3.1, RFC 9438 §4.3)."""

    step: int

    def begin(self, chance: Chance) -> Loses:
        """The losing itself."""
        del chance
        count = 0

        def loses() -> bool:
            nonlocal count
            count += 1
            return count % self.step == 0

        return loses


def nth(*numbers: int) -> NthPackets:
    """The loss of the packets of these numbers, counted from 1."""
    return NthPackets(frozenset(numbers))
