"""The fields of many records as arrays, kept small.

Reading one field of 200,000 records touches as many cache lines, so a field that was read once is kept.  Kept as it is, the fields that
rules ask for would take as much memory as a third of the records.  Most of them count what hardly ever happens: they are kept as the few
rows that are not 0, or as smaller integers, and spread out again when they are asked for.  Whatever the form, a column has the
type of its field.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[Any]

SMALL = 1 << 14
"""Below so many records nothing is worth the trouble."""
SPARSE_PART = 8
"""A column of which no more than one value in so many is not 0 is kept as those values."""
DENSE_BYTES = 20 << 20
"""What columns without a smaller form may take that were asked for lately: reading one again costs most."""
SPREAD_BYTES = 6 << 20
"""What columns may take that were spread out lately."""


class Recent:
    """Columns that were asked for lately."""

    def __init__(self, room_bytes: int) -> None:
        self._room_bytes = room_bytes
        self._columns: OrderedDict[tuple[object, str], Column] = OrderedDict()
        self._bytes = 0

    def get(self, owner: object, name: str) -> Column | None:
        """A column that is still here."""
        column = self._columns.get((owner, name))
        if column is not None:
            self._columns.move_to_end((owner, name))
        return column

    def keep(self, owner: object, name: str, column: Column) -> Column:
        """Keeps a column; those that nobody asked for longest make room for it."""
        self._columns[owner, name] = column
        self._bytes += _bytes(column)
        while self._bytes > self._room_bytes and len(self._columns) > 1:
            self._bytes -= _bytes(self._columns.popitem(last=False)[1])
        return column


class Room:
    """What several `Columns` share."""

    def __init__(self, dense_bytes: int = DENSE_BYTES, spread_bytes: int = SPREAD_BYTES) -> None:
        self.dense, self.spread = Recent(dense_bytes), Recent(spread_bytes)


class Columns:
    """The fields of records as read-only arrays.

    Where `swapped` is true, a row's values are those of `others`: sides change places without a copy of whole tables.
    """

    def __init__(
        self,
        records: npt.NDArray[Any],
        others: npt.NDArray[Any] | None = None,
        swapped: npt.NDArray[np.bool_] | None = None,
        room: Room | None = None,
    ) -> None:
        self._records, self._others, self._swapped = records, others, swapped
        self._packed: dict[str, _Sparse | _Narrow] = {}
        self._room = room or Room()
        self._surplus: dict[str, Callable[[], Column]] = {}

    def lessen(self, name: str, surplus: Callable[[], Column]) -> None:
        """Takes a surplus off a field; it is computed when the field is first asked for."""
        self._surplus[name] = surplus

    def __getattr__(self, name: str) -> Column:
        if name.startswith("_") or name not in (self._records.dtype.names or ()):
            raise AttributeError(name)
        room = self._room
        column = room.spread.get(self, name) if name in self._packed else room.dense.get(self, name)
        if column is None:
            column = self._packed[name].spread() if name in self._packed else self._take(name)
            (room.spread if name in self._packed else room.dense).keep(self, name, column)
        return column

    def _take(self, name: str) -> Column:
        """A field as a contiguous array; its smaller form, where it has one, is remembered."""
        column = np.array(self._records[name])
        if self._others is not None and self._swapped is not None:
            column[self._swapped] = self._others[name][self._swapped]
        if name in self._surplus:
            column -= self._surplus[name]()
        column.flags.writeable = False
        packed = _packed(column) if len(column) >= SMALL else None
        if packed is not None:
            self._packed[name] = packed
            return packed.spread() if packed.is_free else column
        return column


class _Sparse:
    """A column by its rows that are not 0."""

    def __init__(self, column: Column, rows: Column) -> None:
        self._rows, self._values, self._count = rows.astype(np.int32), column[rows], len(column)
        self.is_free = not len(rows)

    def spread(self) -> Column:
        """The column."""
        if self.is_free:
            return np.broadcast_to(np.zeros((), self._values.dtype), self._count)
        column = np.zeros(self._count, self._values.dtype)
        column[self._rows] = self._values
        column.flags.writeable = False
        return column


class _Narrow:
    """A column in integers of a smaller type."""

    is_free = False

    def __init__(self, column: Column, dtype: npt.DTypeLike) -> None:
        self._values, self._dtype = column.astype(dtype), column.dtype

    def spread(self) -> Column:
        """The column."""
        column = self._values.astype(self._dtype)
        column.flags.writeable = False
        return column


def _packed(column: Column) -> _Sparse | _Narrow | None:
    """A column in a smaller form, or None where it has none."""
    if column.ndim > 1:
        return None
    if np.count_nonzero(column) * SPARSE_PART <= len(column):
        return _Sparse(column, np.flatnonzero(column))
    dtype = np.promote_types(np.min_scalar_type(column.min()), np.min_scalar_type(column.max()))
    return _Narrow(column, dtype) if dtype.itemsize < column.dtype.itemsize else None


def _bytes(column: Column) -> int:
    """What a column takes; nothing where one value stands for all."""
    return column.nbytes if column.strides[0] else 0
