from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estab.errors import MisuseError
from estab.instant import HOUR_NS, MINUTE_NS, SECOND_NS, format_clock, format_duration, format_instant, parse_duration


@pytest.mark.parametrize(
    ("text", "duration_ns"),
    [
        ("5", 5 * SECOND_NS),
        ("0", 0),
        ("1.5s", 1_500_000_000),
        (" 250ms ", 250_000_000),
        ("3us", 3_000),
        ("3µs", 3_000),
        ("7ns", 7),
        ("2m", 2 * MINUTE_NS),
        ("1.5min", 90 * SECOND_NS),
        ("2h", 2 * HOUR_NS),
    ],
)
def test_durations_are_read(text: str, duration_ns: int) -> None:
    assert parse_duration(text) == duration_ns


@pytest.mark.parametrize("text", ["", "s", "soon", "5 parsecs", "1.2.3s", "5d", "ms5"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(MisuseError, match="250ms"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [
        (0, "0 s"),
        (999, "999 ns"),
        (1_000, "1 µs"),
        (41_200_000, "41.2 ms"),
        (SECOND_NS, "1 s"),
        (-2 * SECOND_NS, "-2 s"),
        (134 * SECOND_NS, "2 min 14 s"),
        (HOUR_NS, "1 h 0 min"),
        (26 * HOUR_NS + 5 * MINUTE_NS, "26 h 5 min"),
    ],
)
def test_durations_are_written(duration_ns: int, text: str) -> None:
    assert format_duration(duration_ns) == text


@given(st.integers(-(10**19), 10**19))
def test_every_duration_can_be_written(duration_ns: int) -> None:
    assert format_duration(duration_ns)[-1] in "sn"


@pytest.mark.parametrize(
    ("instant_ns", "text"),
    [
        (0, "no time"),
        (-1, "no time"),
        (1_700_000_000 * SECOND_NS + 1_234_999, "2023-11-14 22:13:20.001234 UTC"),
        (10**12 * SECOND_NS, "1000000000000.000000 s since 1970"),
    ],
)
def test_instants_are_written_in_utc(instant_ns: int, text: str) -> None:
    assert format_instant(instant_ns) == text


@given(st.integers(0, 10**19))
def test_the_clock_shows_a_time_of_day(instant_ns: int) -> None:
    hours, minutes, seconds = (int(part) for part in format_clock(instant_ns).split(":"))
    assert (hours * 60 + minutes) * 60 + seconds == instant_ns // SECOND_NS % 86_400
    assert max(minutes, seconds) < 60
