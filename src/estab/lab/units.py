"""Quantities of a simulated network as people write them: `10ms`, `100Mbit`; inside, whole numbers in base units."""

from __future__ import annotations

from estab.errors import MisuseError
from estab.instant import parse_duration

Duration = int | str
"""Nanoseconds, or text such as `250ms`, `2min`."""
Rate = int | str
"""Bits per second, or text such as `10Mbit`."""

_BITS = {"bit": 1, "kbit": 1_000, "mbit": 1_000_000, "gbit": 1_000_000_000}


def span_ns(duration: Duration) -> int:
    """Nanoseconds of a duration.

    >>> span_ns("1.5s"), span_ns(7)
    (1500000000, 7)
    """
    return parse_duration(duration) if isinstance(duration, str) else duration


def bits_per_second(rate: Rate) -> int:
    """Bits per second of a rate; raises MisuseError for text that is none.

    >>> bits_per_second("2.5Mbit"), bits_per_second(9600)
    (2500000, 9600)
    """
    if isinstance(rate, int):
        return rate
    digits = rate.strip().lower().rstrip("abcdefghijklmnopqrstuvwxyz/")
    unit = rate.strip().lower()[len(digits) :].removesuffix("/s").removesuffix("ps") or "bit"
    try:
        return round(float(digits) * _BITS[unit])
    except (KeyError, ValueError):
        raise MisuseError(f"not a rate: {rate!r}; write for example 64kbit, 10Mbit or 1Gbit") from None
