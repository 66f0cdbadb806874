"""Codes of kernels and reasons of the summary say the same."""

from __future__ import annotations

import pytest

from estab.wire import records
from estab.wire.columns import Skipped


@pytest.mark.parametrize("reason", Skipped)
def test_a_code_is_the_place_of_its_reason(reason: Skipped) -> None:
    assert records.SKIPPED[getattr(records, reason.name)] is reason


def test_zero_is_no_reason_and_none_is_missing() -> None:
    assert records.SKIPPED[0] is None
    assert set(records.SKIPPED[1:]) == set(Skipped)
