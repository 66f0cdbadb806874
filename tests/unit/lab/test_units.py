from __future__ import annotations

import pytest

from estab.errors import MisuseError
from estab.lab.units import bits_per_second, span_ns


@pytest.mark.parametrize(
    ("text", "bits"), [("10Mbit", 10**7), ("1 Gbit/s", 10**9), ("64furlong", 0), ("9600", 9600), ("1.5mbit/s", 1_500_000)]
)
def test_rates(text: str, bits: int) -> None:
    if bits:
        assert bits_per_second(text) == bits
    else:
        with pytest.raises(MisuseError, match="not a rate"):
            bits_per_second(text)


def test_numbers_are_taken_as_they_are() -> None:
    assert (span_ns(5), span_ns("5ms"), bits_per_second(5)) == (5, 5_000_000, 5)
