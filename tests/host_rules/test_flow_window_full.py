"""flow.window_full: what a host shows of it, and what comes near."""

from __future__ import annotations

from tests.host_rules.hosts import facts_of, found, grown, socket

CODE = "flow.window_full"


def limited(part: float) -> int:
    before = socket(busy_time_us=1)
    after = grown(before, busy_time_us=5_000_001, rwnd_limited_us=round(part * 5_000_000))
    return len(found(CODE, facts_of(before=[before], after=[after])))


def test_from_a_tenth_to_a_half_of_the_time() -> None:
    assert [limited(part) for part in (0.05, 0.15, 0.45, 0.6)] == [0, 1, 1, 0]
