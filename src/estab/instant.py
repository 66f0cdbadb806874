"""Time as integer nanoseconds: constants, parsing, formatting.  Reads no clock."""

from __future__ import annotations

import datetime

from estab.errors import MisuseError

MICROSECOND_NS = 1_000
MILLISECOND_NS = 1_000_000
SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS

_UNITS_NS = {
    "ns": 1,
    "us": MICROSECOND_NS,
    "µs": MICROSECOND_NS,
    "ms": MILLISECOND_NS,
    "s": SECOND_NS,
    "m": MINUTE_NS,
    "min": MINUTE_NS,
    "h": HOUR_NS,
}


def parse_duration(text: str) -> int:
    """Nanoseconds of a duration such as `250ms`, `5s`, `1.5min`; a bare number is seconds.

    Raises MisuseError for anything else.

    >>> parse_duration("1.5s")
    1500000000
    """
    cleaned = text.strip()
    digits = cleaned.rstrip("abcdefghijklmnopqrstuvwxyzµ")
    unit = cleaned[len(digits) :] or "s"
    try:
        return round(float(digits) * _UNITS_NS[unit])
    except (KeyError, ValueError):
        raise MisuseError(f"not a duration: {text!r}; write for example 250ms, 5s or 2min") from None


def format_duration(duration_ns: int) -> str:
    """A duration for a person: three significant digits and a unit, minutes and hours spelled out.

    >>> format_duration(41_200_000), format_duration(134 * SECOND_NS), format_duration(0)
    ('41.2 ms', '2 min 14 s', '0 s')
    """
    if duration_ns < 0:
        return "-" + format_duration(-duration_ns)
    if duration_ns == 0:
        return "0 s"
    if duration_ns >= HOUR_NS:
        return f"{duration_ns // HOUR_NS} h {duration_ns % HOUR_NS // MINUTE_NS} min"
    if duration_ns >= 100 * SECOND_NS:
        return f"{duration_ns // MINUTE_NS} min {duration_ns % MINUTE_NS // SECOND_NS} s"
    for unit, size_ns in (("s", SECOND_NS), ("ms", MILLISECOND_NS), ("µs", MICROSECOND_NS)):
        if duration_ns >= size_ns:
            return f"{duration_ns / size_ns:.3g} {unit}"
    return f"{duration_ns} ns"


def format_clock(instant_ns: int) -> str:
    """Time of day in UTC, `HH:MM:SS`, of nanoseconds since the epoch.

    >>> format_clock(11524 * SECOND_NS)
    '03:12:04'
    """
    seconds = instant_ns // SECOND_NS % 86_400
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def format_second(instant_ns: int) -> str:
    """Date and time in UTC to the second, for a person.

    >>> format_second(11524 * SECOND_NS)
    '1970-01-01 03:12:04 UTC'
    """
    day_and_clock, _, _ = format_instant(max(instant_ns, 1)).partition(".")
    return f"{day_and_clock} UTC"


def format_instant(instant_ns: int) -> str:
    """Date and time in UTC with microseconds; `no time` where the file holds none (zero)."""
    if instant_ns <= 0:
        return "no time"
    whole, rest_ns = divmod(instant_ns, SECOND_NS)
    try:
        date = datetime.datetime.fromtimestamp(whole, datetime.UTC)
    except (OverflowError, OSError, ValueError):
        return f"{whole}.{rest_ns // 1000:06} s since 1970"
    return f"{date:%Y-%m-%d %H:%M:%S}.{rest_ns // 1000:06} UTC"
