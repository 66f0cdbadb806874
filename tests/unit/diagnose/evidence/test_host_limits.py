from __future__ import annotations

from typing import Any

import pytest

from estab.diagnose.evidence.host_limits import busy_senders, limited_by_window
from tests.host_rules.snapshots import Case, facts_of, opened


def host(**fields: Any):  # type: ignore[no-untyped-def]
    return facts_of(Case(code="a.b", name="x", severity=None, before=[opened()], after=[opened(**fields)]))


@pytest.mark.parametrize(
    ("fields", "by_path", "small"),
    [
        ({"min_rtt_us": 40_000, "rtt_us": 40_000, "snd_wnd_bytes": 65_536, "bytes_acked": 8_000_000}, True, True),
        ({"min_rtt_us": 40_000, "rtt_us": 40_000, "snd_wnd_bytes": 65_536, "bytes_acked": 100_000}, False, True),
        ({"snd_wnd_bytes": 3_000_000}, False, False),
        ({"snd_wnd_bytes": 9_000}, False, True),
    ],
)
def test_the_pace_tells_a_long_path_from_a_slow_reader(fields: dict[str, int], by_path: bool, small: bool) -> None:
    facts = host(rwnd_limited_us=3_000_000, **fields)
    (one,) = limited_by_window(facts, facts.t.whole)
    assert (one.by_path, one.small, one.share) == (by_path, small, 0.6)


def test_less_than_half_of_the_time_is_no_limit() -> None:
    facts = host(rwnd_limited_us=2_000_000)
    assert limited_by_window(facts, facts.t.whole) == []


def test_busy_senders_are_held_by_nothing_but_the_network() -> None:
    assert busy_senders(host(busy_time_us=4_000_000)).tolist() == [True]
    assert busy_senders(host(busy_time_us=4_000_000, rwnd_limited_us=3_000_000)).tolist() == [False]
    assert busy_senders(host(busy_time_us=1_000_000)).tolist() == [False]
