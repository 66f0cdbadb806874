"""The sockets of a host as a table: one line each, and a second one where there is more to tell than fits."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from estab.instant import format_duration
from estab.machine.states import State
from estab.report import words
from estab.report.painter import Style
from estab.report.socket_cells import Ends, Owned, Texts, Timers, coarse, fitted, short_duration, short_rtt
from estab.report.view import INDENT, Layout, label_width
from estab.snapshot import TimerKind
from estab.text import Text, format_count, msg
from estab.typeset import ends as both_ends
from estab.typeset import hang, width_of, wrap_parts

if TYPE_CHECKING:
    from estab.live.listing import Listing

GAP = 2
SECOND_LINE = 4
ROWS_AT_ONCE = 5000
NARROWEST_ADDRESS = 15
NOT_SEEN = msg("hidden")

TIMER_WORDS = {
    TimerKind.NONE: msg("none"),
    TimerKind.RETRANSMIT: msg("retransmit"),
    TimerKind.KEEPALIVE: msg("keepalive"),
    TimerKind.TIME_WAIT: msg("time-wait"),
    TimerKind.PERSIST: msg("persist"),
}
_TROUBLE = (TimerKind.RETRANSMIT, TimerKind.PERSIST)


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    head: Text
    width: int = 0
    """The least width; 0 for one whose cells decide."""
    number: bool = False


_STATE, _LOCAL, _PEER = _Column("state", msg("state"), 11), _Column("local", msg("local")), _Column("peer", msg("peer"))
_RECEIVED, _SENT = _Column("recv-q", msg("recv-q"), 5, number=True), _Column("send-q", msg("send-q"), 5, number=True)
_AGE = _Column("age", msg("age ≥"), 5, number=True)
_TIMER, _RTT = _Column("timer", msg("timer"), 19), _Column("rtt", msg("rtt"), 7, number=True)
_RESENT = _Column("resent", msg("resent"), 6, number=True)
_ALWAYS = (_STATE, _LOCAL, _PEER, _RECEIVED, _SENT, _AGE)
_WHERE_ROOM = (_TIMER, _RTT, _RESENT)
_PROCESS = _Column("process", msg("process"), 16)


def sockets_lines(listing: Listing, layout: Layout) -> Iterator[str]:
    """The report, line by line with its ends; rows are made as they are written."""
    return itertools.chain.from_iterable(_blocks(listing, layout))


def _blocks(listing: Listing, layout: Layout) -> Iterator[list[str]]:
    """The report in lists of lines."""
    tr = layout.translator
    yield [f"{line.rstrip()}\n" for line in (*head_lines(listing, layout), "")]
    if not listing.matching:
        yield [(tr(msg("no socket fits what was asked for")) if listing.request.filter else tr(msg("no sockets"))) + "\n"]
        return
    yield from _table(listing, layout)
    if listing.left_out:
        yield [tr(msg("… and {count} more", count=format_count(listing.left_out))) + "\n"]


def head_lines(listing: Listing, layout: Layout) -> Iterator[str]:
    """What was read: how many sockets in which states, how long it took, and what could not be seen."""
    tr, painter = layout.translator, layout.painter
    name = tr(words.name_of_namespace(listing.host, listing.netns, listing.request.pid))
    count = format_count(listing.total)
    if listing.request.filter:
        counted = tr(msg("{count} of {total} sockets", count=format_count(listing.matching), total=count))
    else:
        counted = tr(msg("{count} sockets", count=count))
    states = [f"{format_count(number)} {state.label}" for state, number in sorted(listing.states.items(), key=lambda item: -item[1])]
    speed = tr(msg("read in {time}", time=format_duration(listing.elapsed_ns)))
    first = both_ends(f"{name}   {counted}", speed, layout.width)
    yield first[0].replace(name, painter(name, Style.STRONG), 1)
    yield from first[1:]
    yield from (" " * INDENT + line for line in wrap_parts(states, layout.width - INDENT))
    room = label_width((NOT_SEEN,), tr)
    for what, reason in listing.host.unseen.items():
        said = f"{what}: {tr(reason)}"
        yield from hang(tr(NOT_SEEN), said, indent=INDENT, label_width=room, width=layout.width)


def _table(listing: Listing, layout: Layout) -> Iterator[list[str]]:
    """Heads, then the rows, many at a time."""
    tr, paint = layout.translator, layout.painter
    view, every = listing.view, listing.rows
    ends = {side: Ends(view.table[f"{side}_address"][every], view.table[f"{side}_port"][every]) for side in ("local", "remote")}
    columns, widths = _fit(listing, layout, ends)
    heads = [fitted(tr(column.head), width, number=column.number) for column, width in zip(columns, widths, strict=True)]
    yield [paint((" " * GAP).join(heads), Style.FAINT).rstrip() + "\n"]
    timers = Timers({int(kind): tr(word) for kind, word in TIMER_WORDS.items()})
    texts = _texts(listing, ends, timers, zip(columns, widths, strict=True))
    below = _Below(listing, layout, columns, timers)
    glue = (" " * GAP).join
    for begin in range(0, len(every), ROWS_AT_ONCE):
        part = slice(begin, begin + ROWS_AT_ONCE)
        rows = every[part]
        table = _Rows(view.table, rows)
        keys = _keys(table, view.age_ms[rows], {side: ends[side].keys[part] for side in ends})
        cells = [texts[column.name].of(keys[column.name]()) for column in columns]
        lines = [f"{line.rstrip()}\n" for line in map(glue, zip(*cells, strict=True))]
        yield below.put(lines, table)


def _texts(listing: Listing, ends: Mapping[str, Ends], timers: Timers, columns: Iterable[tuple[_Column, int]]) -> dict[str, Texts]:
    """What spells the cells of each column."""
    labels = {int(state): state.label for state in State}
    spelling: dict[str, Callable[[int], str]] = {
        _STATE.name: labels.__getitem__,
        _LOCAL.name: ends["local"].spell,
        _PEER.name: ends["remote"].spell,
        _RECEIVED.name: words.size,
        _SENT.name: words.size,
        _AGE.name: short_duration,
        _TIMER.name: timers.spell,
        _RTT.name: short_rtt,
        _RESENT.name: lambda count: str(count) if count else "",
        _PROCESS.name: Owned(listing.view.owners).spell,
    }
    return {column.name: Texts(spelling[column.name], width, number=column.number) for column, width in columns}


class _Rows:
    """Columns of some rows of a table; the rows themselves, which are long, are not copied."""

    def __init__(self, table: npt.NDArray[np.void], rows: npt.NDArray[np.int64]) -> None:
        self._table, self._rows = table, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        column: npt.NDArray[Any] = self._table[name][self._rows]
        return column


def _keys(
    table: _Rows, age_ms: npt.NDArray[np.int64], ends: Mapping[str, npt.NDArray[np.int64]]
) -> dict[str, Callable[[], npt.NDArray[Any]]]:
    """The keys of some rows in each column, made when they are asked for."""
    return {
        _STATE.name: lambda: table["state"],
        _LOCAL.name: lambda: ends["local"],
        _PEER.name: lambda: ends["remote"],
        _RECEIVED.name: lambda: table["recv_queue"],
        _SENT.name: lambda: table["send_queue"],
        _AGE.name: lambda: coarse(age_ms),
        _TIMER.name: lambda: _timers(table),
        _RTT.name: lambda: np.where(table["state"] == State.LISTEN, 0, table["rtt_us"]),
        _RESENT.name: lambda: _resent(table),
        _PROCESS.name: lambda: table["inode"],
    }


def _timers(table: _Rows) -> npt.NDArray[np.int64]:
    """Keys of the timers that run."""
    return Timers.keys(table["timer"], table["timer_expires_ms"], table["timer_retries"])


def _resent(table: _Rows) -> npt.NDArray[Any]:
    """Segments that were sent again; of a listener the column means something else."""
    return np.where(table["has_info"] & (table["state"] != State.LISTEN), table["total_retrans"], 0)


class _Below:
    """What stands below a row: owners, a timer of trouble and repetitions, where no column has them."""

    def __init__(self, listing: Listing, layout: Layout, columns: Sequence[_Column], timers: Timers) -> None:
        self._owned = Owned(listing.view.owners) if listing.with_owners and _PROCESS not in columns else None
        self._timers = None if _TIMER in columns else timers
        self._counts = _RESENT not in columns
        self._layout = layout

    def put(self, lines: list[str], table: _Rows) -> list[str]:
        """The lines of rows, each with what stands below it behind."""
        none = np.zeros(len(table), np.int64)
        owners = table["inode"] if self._owned is not None else none
        trouble = np.isin(table["timer"], [int(kind) for kind in _TROUBLE])
        timers = np.where(trouble, _timers(table), 0) if self._timers is not None else none
        resent = _resent(table) if self._counts else none
        rows = np.flatnonzero((owners > 0) | (timers > 0) | (resent > 0))
        put: list[str] = []
        done = 0
        for row, inode, timer, count in zip(
            rows.tolist(), owners[rows].tolist(), timers[rows].tolist(), resent[rows].tolist(), strict=True
        ):
            put += lines[done : row + 1]
            put += self._lines(inode, timer, count)
            done = row + 1
        return put + lines[done:]

    def _lines(self, inode: int, timer: int, count: int) -> list[str]:
        """The line below a row, or two; most fit without being measured character by character."""
        said = self._layout.translator(msg("{count} resent", count=count)) if count else ""
        owner = self._owned.spell(inode) if self._owned is not None else ""
        parts = [part for part in (owner, self._timers.spell(timer) if self._timers is not None else "", said) if part]
        whole, width = " · ".join(parts), self._layout.width - SECOND_LINE
        if not parts:
            return []
        return [f"{' ' * SECOND_LINE}{line.rstrip()}\n" for line in ([whole] if 2 * len(whole) <= width else wrap_parts(parts, width))]


def _fit(listing: Listing, layout: Layout, ends: Mapping[str, Ends]) -> tuple[list[_Column], list[int]]:
    """The columns that fit beside each other, and their widths."""
    tr = layout.translator
    table, rows = listing.view.table, listing.rows
    columns = list(_ALWAYS)
    widths = [max(column.width, width_of(tr(column.head))) for column in columns]
    for place, side in ((1, "local"), (2, "remote")):
        widths[place] = max(widths[place], ends[side].widest)
    for place, name in ((3, "recv_queue"), (4, "send_queue")):
        widths[place] = max(widths[place], *(len(words.size(value)) for value in _extremes(table[name][rows])))
    wished = [*([_PROCESS] if listing.with_owners else []), *_WHERE_ROOM]
    for column in wished:
        width = max(column.width, width_of(tr(column.head)))
        if sum(widths) + GAP * len(widths) + width <= layout.width:
            columns.append(column)
            widths.append(width)
    free = layout.width - sum(widths) - GAP * (len(widths) - 1)
    if _PROCESS in columns:
        columns.append(columns.pop(columns.index(_PROCESS)))
        widths.append(widths.pop(len(_ALWAYS)) + free)
    elif free < 0:
        for place in (1, 2):
            wanted = widths[place] + free // (3 - place)
            free += widths[place] - max(NARROWEST_ADDRESS, wanted)
            widths[place] = max(NARROWEST_ADDRESS, wanted)
    return columns, widths


def _extremes(values: npt.NDArray[Any]) -> tuple[int, int]:
    """The largest value, and the largest that is spelled longest."""
    most = int(values.max(initial=0))
    return most, min(most, 9_949)
