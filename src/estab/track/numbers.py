"""Equal rows of columns by number: whose addresses and ports are the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[Any]

FACTORS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F)
"""One for each column: odd, and far from each other."""
FEW_PART = 16
"""So many times fewer different values than values are few."""


def numbered(columns: Sequence[Column]) -> npt.NDArray[np.int64]:
    """Dense numbers, equal where all columns (at most five, of integers of up to 32 bits) are.

    The columns are mixed into one, so that only one has to be sorted.  That different rows mix to the same is as good as impossible, and
    noticed: then the columns are sorted one after the other.
    """
    mixed = np.zeros(len(columns[0]), np.uint64)
    for column, factor in zip(columns, FACTORS, strict=False):
        mixed += (column.astype(np.uint64) + np.uint64(1)) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(29)
    numbers, count = _dense(mixed)
    last = np.zeros(count, np.int64)
    last[numbers] = np.arange(len(numbers))
    alike = last[numbers]
    return numbers if all((column[alike] == column).all() for column in columns) else one_by_one(columns)


def one_by_one(columns: Sequence[Column]) -> npt.NDArray[np.int64]:
    """The same without mixing."""
    numbers = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        of_column, count = _dense(column)
        numbers, _ = _dense(numbers * max(count, 1) + of_column)
    return numbers


def _dense(values: Column) -> tuple[npt.NDArray[np.int64], int]:
    """Numbers from 0 on for equal values, and how many there are."""
    distinct = np.unique(values)
    if FEW_PART * len(distinct) <= len(values):
        return np.searchsorted(distinct, values), len(distinct)  # much less work than sorting with the way back
    return np.unique(values, return_inverse=True)[1].reshape(-1).astype(np.int64), len(distinct)
