"""Masked connections by the place where they show the same thing, as columns over places.

A large capture may show a pathology at thousands of listeners.  A rule that looked at each by itself would spend its time on places
that nobody will read about.  So it judges all of them by columns (`Grouping.total`, `largest`, `kin`: one entry a place) and `tell` has
only the worst few of each severity described.  The others are told as one finding that names how many places it stands for and holds the
connections of all of them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

import numpy as np
import numpy.typing as npt

from estab.diagnose.finding import PLACES_DESCRIBED, Finding, Subject, SubjectKind
from estab.flow import Endpoint
from estab.text import format_count, msg

if TYPE_CHECKING:
    from estab.track import Connections

Item = TypeVar("Item")
Other = TypeVar("Other")
Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Column = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Group:
    """Connections that share an endpoint or an address (then the port is 0); `rows` in the order of their first packets, or worst first."""

    endpoint: Endpoint
    rows: Rows


class Grouping(Sequence[Item], Generic[Item]):
    """Connections by number: a sequence of groups in the order of their first packets, and columns with one entry a group.

    Items are made when they are asked for: `grouping[0]` is a `Group`, unless `each` put something else in its place.

    `rows` are connections, ascending; `numbers` has one entry for each connection of the capture, equal within a group; `side` owns the
    place, by address alone where `port` is false.  With `worst`, a column over all connections, the largest stand first in each group.
    """

    def __init__(
        self,
        connections: Connections,
        rows: Rows,
        numbers: Column,
        side: int,
        make: Callable[[Group], Item],
        *,
        port: bool,
        worst: Column | None = None,
    ) -> None:
        keys = (numbers[rows],) if worst is None else (-worst[rows], numbers[rows])
        ordered = rows[np.lexsort(keys)]
        of_rows = numbers[ordered]
        begins = np.flatnonzero(np.concatenate([np.ones(min(len(rows), 1), bool), of_rows[1:] != of_rows[:-1]]))
        self._connections, self._numbers, self._side, self._make, self._port = connections, numbers, side, make, port
        self._rows, self._begins, self._ends = ordered, begins, np.append(begins[1:], len(ordered))
        first = np.minimum.reduceat(ordered, begins) if len(begins) else begins
        self._order = np.argsort(first, kind="stable")

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, place: int) -> Item: ...
    @overload
    def __getitem__(self, place: slice) -> list[Item]: ...
    def __getitem__(self, place: int | slice) -> Item | list[Item]:
        if isinstance(place, slice):
            return [self[index] for index in range(*place.indices(len(self)))]
        rows = self.rows_of(place)
        endpoint = self._connections.endpoint(int(rows[0]), self._side)
        return self._make(Group(endpoint if self._port else Endpoint(endpoint.address, 0), rows))

    def rows_of(self, place: int) -> Rows:
        """The connections of one group."""
        index = self._order[place]
        return self._rows[self._begins[index] : self._ends[index]]

    @property
    def sizes(self) -> Column:
        """Connections of each group."""
        return np.asarray((self._ends - self._begins)[self._order])

    def total(self, column: Column) -> Column:
        """For each group the sum of a column over all connections (of a mask: how many)."""
        return self._reduced(np.add, column.astype(np.int64, copy=False))

    def largest(self, column: Column) -> Column:
        """For each group the largest value of a column over all connections (of a mask: whether any)."""
        return self._reduced(np.maximum, column)

    def least(self, column: Column) -> Column:
        """For each group the least value of a column over all connections (of a mask: whether all)."""
        return self._reduced(np.minimum, column)

    def _reduced(self, function: np.ufunc, column: Column) -> Column:
        if not len(self):
            return np.zeros(0, column.dtype)
        return np.asarray(function.reduceat(column[self._rows], self._begins)[self._order])

    def kin(self, mask: Mask) -> Column:
        """For each group how many connections of the whole capture that carry its number are in the mask."""
        return self._at_places(np.bincount(self._numbers[mask], minlength=self._numbers_end))

    def kin_total(self, column: Column) -> Column:
        """For each group the sum of a column over all connections of the capture that carry its number, below 2^53."""
        return self._at_places(np.bincount(self._numbers, weights=column, minlength=self._numbers_end)).astype(np.int64)

    @functools.cached_property
    def _numbers_end(self) -> int:
        return int(self._numbers.max(initial=-1)) + 1

    def _at_places(self, by_number: Column) -> Column:
        return np.asarray(by_number[self._numbers[self._rows[self._begins[self._order]]]])

    def first_ns(self, rows: Rows) -> int:
        """When the first packet of these connections was captured."""
        return int(self._connections.first_ns[rows].min())

    def last_ns(self, rows: Rows) -> int:
        """When the last packet of these connections was captured."""
        return int(self._connections.last_ns[rows].max())

    def only(self, keep: Mask) -> Grouping[Item]:
        """The groups of a mask over places."""
        return self._changed(_order=self._order[keep])

    def each(self, make: Callable[[Item], Other]) -> Grouping[Other]:
        """The same places with other items, made when they are asked for."""
        return cast("Grouping[Other]", self._changed(_make=lambda group, before=self._make: make(before(group))))

    def _changed(self, **attributes: Any) -> Grouping[Item]:
        changed: Grouping[Item] = object.__new__(Grouping)
        changed.__dict__.update(self.__dict__ | attributes)
        return changed


def tell(
    places: Grouping[Item],
    describe: Callable[[Item], Finding],
    *,
    severe: Column | None = None,
    badness: Column | None = None,
    counts: Column | None = None,
) -> Iterator[Finding]:
    """Findings of the worst places, and one for all others of each severity; of a few places all.

    Columns have one entry a place.  `severe` is a larger number (or True) where the finding has the worse severity: no place is told with
    those of another; without it all are alike.  `badness` orders places of one severity (by default the number of connections),
    and `counts` is what findings count (by default connections).  `describe` makes the finding of one place by itself.
    """
    if len(places) <= PLACES_DESCRIBED:
        for item in places:
            yield describe(item)
        return
    severe = np.zeros(len(places), np.int64) if severe is None else np.asarray(severe)
    counts = places.sizes if counts is None else counts
    badness = counts if badness is None else badness
    for degree in np.unique(severe)[::-1]:
        alike = np.flatnonzero(severe == degree)
        alike = alike[np.argsort(-badness[alike], kind="stable")]
        for place in alike[:PLACES_DESCRIBED].tolist():
            yield describe(places[place])
        others = alike[PLACES_DESCRIBED:]
        if len(others) == 1:
            yield describe(places[int(others[0])])
        elif len(others):
            members = np.concatenate([places.rows_of(place) for place in others.tolist()])
            yield _others(describe(places[int(others[0])]), members, len(others), int(counts[others].sum()), places)


def _others(worst: Finding, members: Rows, places: int, count: int, grouping: Grouping[Any]) -> Finding:
    """One finding that stands for several places; `worst` is that of the first of them."""
    values = {"places": format_count(places), "count": format_count(count), "named": str(worst.subject) or "-"}
    return replace(
        worst,
        title=msg("The same at {places} more places", **values),
        summary=msg("The same shows at {places} more places, {count} cases in all; the worst of them: {named}.", **values),
        subject=Subject(SubjectKind.CAPTURE),
        hit=None,
        count=count,
        members=members,
        places=places,
        first_ns=grouping.first_ns(members),
        last_ns=grouping.last_ns(members),
    )
