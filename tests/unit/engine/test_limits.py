from __future__ import annotations

import pytest

from estab.chance import Chance
from estab.engine.limits import UNLIMITED, ChallengeLimit, is_too_soon
from estab.instant import SECOND_NS


def allowed(limit: ChallengeLimit, now_ns: int) -> int:
    return sum(limit.allows(now_ns) for _ in range(5000))


def test_each_second_has_its_share_which_cannot_be_guessed() -> None:
    limit = ChallengeLimit(100, Chance(3))
    shares = [allowed(limit, second * SECOND_NS) for second in range(30)]
    assert min(shares) >= 50 and max(shares) < 150 and len(set(shares)) > 10


def test_a_second_that_is_used_up_stays_so() -> None:
    limit = ChallengeLimit(10, Chance(3))
    allowed(limit, 0)
    assert not limit.allows(SECOND_NS - 1) and limit.allows(SECOND_NS)


@pytest.mark.parametrize(("limit", "share"), [(UNLIMITED, 5000), (0, 0)])
def test_extremes(limit: int, share: int) -> None:
    assert allowed(ChallengeLimit(limit, Chance(1)), 0) == share


@pytest.mark.parametrize(("last", "too_soon"), [(None, False), (0, False), (600_000_001, True), (500_000_001, True), (500_000_000, False)])
def test_time_between_two_answers(last: int | None, too_soon: bool) -> None:
    assert is_too_soon(last, SECOND_NS, 500) is too_soon
