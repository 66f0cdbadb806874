from __future__ import annotations

import pytest

from estab.chance import Chance
from estab.errors import MisuseError
from estab.lab.loss import Bernoulli, EveryNth, GilbertElliott, nth

MANY = 40_000


def test_bernoulli_loses_its_share() -> None:
    loses = Bernoulli(0.03).begin(Chance(1))
    assert sum(loses() for _ in range(MANY)) == pytest.approx(0.03 * MANY, rel=0.1)


def test_gilbert_elliott_loses_its_share_in_bursts() -> None:
    model = GilbertElliott(good_to_bad=0.01, bad_to_good=0.25)
    loses = model.begin(Chance(2))
    lost = [loses() for _ in range(MANY)]
    assert sum(lost) == pytest.approx(model.rate * MANY, rel=0.15)
    bursts = sum(now and not before for before, now in zip([False, *lost], lost, strict=False))
    assert sum(lost) / bursts == pytest.approx(4, rel=0.15)  # a bad spell lasts 1 / 0.25 packets


def test_the_nth_packets() -> None:
    loses = nth(1, 3).begin(Chance(0))
    assert [loses() for _ in range(4)] == [True, False, True, False]


def test_every_nth_packet() -> None:
    loses = EveryNth(3).begin(Chance(0))
    assert [loses() for _ in range(7)] == [False, False, True, False, False, True, False]


@pytest.mark.parametrize("value", [-0.1, 1.5])
def test_a_probability_is_one(value: float) -> None:
    with pytest.raises(MisuseError, match="from 0 to 1"):
        Bernoulli(value)
    with pytest.raises(MisuseError):
        GilbertElliott(good_to_bad=value, bad_to_good=0.5)
