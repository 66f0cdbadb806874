"""The fields of many records as arrays, kept small.

Reading one field of 200,000 records touches as many cache lines, so the fields that share these lines are read with it, and what was
read once is kept.  Kept as it is, the fields that rules ask for would take as much memory as a third of the records.  Most of them
count what hardly ever happens: they are kept as the few rows that are not 0, or as smaller integers, and spread out again when they
are asked for.  Whatever the form, a column has the type of its field.
"""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[Any]

SMALL = 1 << 14
"""Below so many records nothing is worth the trouble."""
WORD = np.dtype(np.int64)
STRETCH_BYTES = 64
"""Fields that lie in the same stretch of a record are read together: a cache line's worth."""
STRETCH_ROWS = 1024
"""Records of which a stretch is turned into columns together, few enough for the processor's cache."""
SPARSE_PART = 8
"""A column of which no more than one value in so many is not 0 is kept as those values."""
DENSE_BYTES = 28 << 20
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

    def clear(self) -> None:
        """Forgets all."""
        self._columns.clear()
        self._bytes = 0


class Room:
    """What several `Columns` share; several threads may ask for columns at once."""

    def __init__(self, dense_bytes: int = DENSE_BYTES, spread_bytes: int = SPREAD_BYTES) -> None:
        self.lock = threading.Lock()
        self.dense, self.spread = Recent(dense_bytes), Recent(spread_bytes)
        self._words: Column = np.empty(0, WORD)

    def clear(self) -> None:
        """Forgets all."""
        self.dense.clear()
        self.spread.clear()
        self._words = np.empty(0, WORD)

    def words(self, rows: int, columns: int) -> Column:
        """A rectangle of words to work with, the same memory each time."""
        if len(self._words) < rows * columns:
            self._words = np.empty(STRETCH_BYTES // WORD.itemsize * columns, WORD)
        return self._words[: rows * columns].reshape(rows, columns)


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
        self._stretches: set[int] = set()
        self._room = room or Room()
        self._surplus: dict[str, Callable[[], Column]] = {}

    def lessen(self, name: str, surplus: Callable[[], Column]) -> None:
        """Takes a surplus off a field; it is computed when the field is first asked for."""
        self._surplus[name] = surplus

    def forget(self) -> None:
        """Gives up what was read so far, and what all those that share the room have of it; what is asked for again is read by itself."""
        self._packed.clear()
        self._room.clear()

    def __getattr__(self, name: str) -> Column:
        if name.startswith("_") or name not in (self._records.dtype.names or ()):
            raise AttributeError(name)
        with self._room.lock:
            column = self._kept(name)
        if column is None:
            surplus = self._surplus[name]() if name in self._surplus else None  # asks for other columns, in whatever thread they are made
            with self._room.lock:
                column = self._kept(name)
                if column is None:
                    self._take(name, surplus)
                    column = self._kept(name)
        assert column is not None
        return column

    def _kept(self, name: str) -> Column | None:
        """A column that was read before, unless it had to make room."""
        if name not in self._packed:
            return self._room.dense.get(self, name)
        column = self._room.spread.get(self, name)
        return self._room.spread.keep(self, name, self._packed[name].spread()) if column is None else column

    def _take(self, name: str, surplus: Column | None) -> None:
        """Reads a field, and takes a surplus off it; of many records, the first time, with all fields of its stretch."""
        begin = _place(self._records.dtype, name) // STRETCH_BYTES * STRETCH_BYTES
        fields = _fields_within(self._records.dtype, begin)
        if name not in fields or begin in self._stretches or len(self._records) < SMALL:
            self._keep(name, self._turned(name), surplus)
            return
        self._stretches.add(begin)
        words = self._words(begin)
        for other in fields.keys() - self._surplus.keys() - {name}:
            self._keep(other, fields[other].of(words))
        self._keep(name, fields[name].of(words), surplus)

    def _words(self, begin: int) -> Column:
        """The words of a stretch as columns: a row for each word, with an entry for each record."""
        stretch = _words_at(self._records, begin)
        words = self._room.words(stretch.shape[1], stretch.shape[0])
        for first in range(0, len(stretch), STRETCH_ROWS):
            words[:, first : first + STRETCH_ROWS] = stretch[first : first + STRETCH_ROWS].T
        if self._others is not None and self._swapped is not None:
            words[:, self._swapped] = _words_at(self._others, begin)[self._swapped].T
        return words

    def _turned(self, name: str) -> Column:
        """A field, of the other side where they are swapped."""
        column = np.array(self._records[name])
        if self._others is not None and self._swapped is not None:
            column[self._swapped] = self._others[name][self._swapped]
        return column

    def _keep(self, name: str, column: Column, surplus: Column | None = None) -> None:
        """Keeps a field as a contiguous array, or in its smaller form, where it has one."""
        if surplus is not None:
            column = column - surplus
        packed = _packed(column) if len(column) >= SMALL else None
        if packed is not None:
            self._packed[name] = packed
            return
        column.flags.writeable = False
        self._room.dense.keep(self, name, column)


class _Field(NamedTuple):
    """Where a field lies in the words of a stretch."""

    kind: np.dtype[Any]
    word: int
    lane: int
    """Which part of the word it is, in units of its own size."""

    def of(self, words: Column) -> Column:
        """The field's values."""
        return words[self.word].view(self.kind)[self.lane :: WORD.itemsize // self.kind.itemsize].copy()


@functools.cache
def _fields_within(dtype: np.dtype[Any], begin: int) -> dict[str, _Field]:
    """The plain fields that lie in the stretch which begins here, each within a word."""
    end = min(begin + STRETCH_BYTES, dtype.itemsize // WORD.itemsize * WORD.itemsize)
    fields = {}
    for name in dtype.names or ():
        kind, place = dtype[name], _place(dtype, name)
        if begin <= place < end and not kind.shape and place % kind.itemsize == 0:
            word, within = divmod(place - begin, WORD.itemsize)
            fields[name] = _Field(kind, word, within // kind.itemsize)
    return fields


def _place(dtype: np.dtype[Any], name: str) -> int:
    """Where in its record a field begins."""
    assert dtype.fields is not None
    return dtype.fields[name][1]


def _words_at(records: npt.NDArray[Any], begin: int) -> Column:
    """A stretch of all records as words: a row for each record."""
    length = min(STRETCH_BYTES, records.dtype.itemsize - begin) // WORD.itemsize
    return np.asarray(records.getfield(np.dtype((WORD, (length,))), begin))


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
        return _Sparse(column, np.flatnonzero(column != 0))
    dtype = np.promote_types(np.min_scalar_type(column.min()), np.min_scalar_type(column.max()))
    return _Narrow(column, dtype) if dtype.itemsize < column.dtype.itemsize else None


def _bytes(column: Column) -> int:
    """What a column takes; nothing where one value stands for all."""
    return column.nbytes if column.strides[0] else 0
