"""The sockets of a host as a table: one line each, and a second one where there is more to tell than fits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from estab.flow import Endpoint, spell_address
from estab.instant import format_duration
from estab.machine.states import State
from estab.report import words
from estab.report.painter import Style
from estab.report.view import INDENT, Layout, label_width
from estab.snapshot import Owner, TimerKind
from estab.text import Text, format_count, msg
from estab.typeset import ends, hang, pad, shorten, width_of, wrap_parts

if TYPE_CHECKING:
    from estab.live.listing import Listing

GAP = 2
SECOND_LINE = 4
ROWS_AT_ONCE = 1000
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
    head: Text
    width: int = 0
    """The least width; 0 for one whose cells decide."""
    number: bool = False


_STATE, _LOCAL, _PEER = _Column(msg("state"), 11), _Column(msg("local")), _Column(msg("peer"))
_RECEIVED, _SENT, _AGE = (_Column(head, 5, number=True) for head in (msg("recv-q"), msg("send-q"), msg("age ≥")))
_TIMER, _RTT, _RESENT = _Column(msg("timer"), 19), _Column(msg("rtt"), 7, number=True), _Column(msg("resent"), 6, number=True)
_ALWAYS = (_STATE, _LOCAL, _PEER, _RECEIVED, _SENT, _AGE)
_WHERE_ROOM = (_TIMER, _RTT, _RESENT)
_PROCESS = _Column(msg("process"), 16)


def sockets_lines(listing: Listing, layout: Layout) -> Iterator[str]:
    """The report, line by line with its ends; rows are made as they are written."""
    yield from (f"{line.rstrip()}\n" for line in _lines(listing, layout))


def _lines(listing: Listing, layout: Layout) -> Iterator[str]:
    yield from head_lines(listing, layout)
    yield ""
    tr = layout.translator
    if not listing.matching:
        yield tr(msg("no socket fits what was asked for")) if listing.request.filter else tr(msg("no sockets"))
        return
    yield from _table(listing, layout)
    if listing.left_out:
        yield tr(msg("… and {count} more", count=format_count(listing.left_out)))


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
    first = ends(f"{name}   {counted}", speed, layout.width)
    yield first[0].replace(name, painter(name, Style.STRONG), 1)
    yield from first[1:]
    yield from (" " * INDENT + line for line in wrap_parts(states, layout.width - INDENT))
    room = label_width((NOT_SEEN,), tr)
    for what, reason in listing.host.unseen.items():
        said = f"{what}: {tr(reason)}"
        yield from hang(tr(NOT_SEEN), said, indent=INDENT, label_width=room, width=layout.width)


def _table(listing: Listing, layout: Layout) -> Iterator[str]:
    """Heads, then the rows."""
    tr, paint = layout.translator, layout.painter
    columns, widths = _fit(listing, layout)
    heads = [_fitted([tr(column.head)], column, width)[0] for column, width in zip(columns, widths, strict=True)]
    yield paint((" " * GAP).join(heads), Style.FAINT)
    timer_words = {int(kind): tr(word) for kind, word in TIMER_WORDS.items()}
    for begin in range(0, len(listing.rows), ROWS_AT_ONCE):
        batch = _Batch(listing, listing.rows[begin : begin + ROWS_AT_ONCE], timer_words)
        cells = [_fitted(batch.cells(column), column, width) for column, width in zip(columns, widths, strict=True)]
        more = list(_second_lines(batch, columns, listing, layout))
        for line, parts in zip(zip(*cells, strict=True), more, strict=True):
            yield (" " * GAP).join(line)
            if parts:
                yield from _below(parts, layout.width)


def _below(parts: list[str], width: int) -> Iterator[str]:
    """The line below a row; most fit without being measured character by character."""
    whole = " · ".join(parts)
    if 2 * len(whole) <= width - SECOND_LINE:
        yield " " * SECOND_LINE + whole
    else:
        yield from (" " * SECOND_LINE + part for part in wrap_parts(parts, width - SECOND_LINE))


def _second_lines(batch: _Batch, columns: Sequence[_Column], listing: Listing, layout: Layout) -> Iterator[list[str]]:
    """For each row what stands below it: owners, a timer of trouble and repetitions, where no column has them."""
    owners = batch.owners() if listing.with_owners and _PROCESS not in columns else [""] * batch.count
    timers = [""] * batch.count if _TIMER in columns else batch.troubles()
    resent = [0] * batch.count if _RESENT in columns else batch.resent
    for owner, timer, count in zip(owners, timers, resent, strict=True):
        said = layout.translator(msg("{count} resent", count=count)) if count else ""
        yield [part for part in (owner, timer, said) if part]


def _fit(listing: Listing, layout: Layout) -> tuple[list[_Column], list[int]]:
    """The columns that fit beside each other, and their widths."""
    tr = layout.translator
    table, rows = listing.view.table, listing.rows
    columns = list(_ALWAYS)
    widths = [max(column.width, width_of(tr(column.head))) for column in columns]
    for place, side in ((1, "local"), (2, "remote")):
        widths[place] = max(widths[place], _widest(table[f"{side}_address"][rows], table[f"{side}_port"][rows]))
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


def _widest(addresses: npt.NDArray[np.uint32], ports: npt.NDArray[np.uint16]) -> int:
    """Columns that the longest end of a side takes; each address is spelled once, told apart by a sum of its words."""
    sums = (addresses.astype(np.uint64) * np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 1], np.uint64)).sum(axis=1)
    _, first = np.unique(sums, return_index=True)
    longest = max((len(str(Endpoint(spell_address(tuple(address)), 0))) for address in addresses[first].tolist()), default=0)
    return longest - 1 + len(str(int(ports.max(initial=0))))


def _fitted(texts: Sequence[str], column: _Column, width: int) -> list[str]:
    """The texts of a column, each filled up or shortened to its width; equal ones are measured once."""
    known: dict[str, str] = {}
    for text in texts:
        if text not in known:
            if text.isascii() and len(text) <= width:
                known[text] = text.rjust(width) if column.number else text.ljust(width)
            else:
                known[text] = pad(shorten(text, width), width, right=column.number)
    return [known[text] for text in texts]


class _Batch:
    """Some rows as texts, made column by column."""

    def __init__(self, listing: Listing, rows: npt.NDArray[np.int64], timer_words: dict[int, str]) -> None:
        view = listing.view
        self._listing, self._rows, self._timer_words = listing, rows, timer_words
        table = view.table[rows]
        self.count = len(rows)
        self.resent = np.where(table["has_info"] & (table["state"] != State.LISTEN), table["total_retrans"], 0).tolist()
        self._timers = list(zip(table["timer"].tolist(), table["timer_expires_ms"].tolist(), table["timer_retries"].tolist(), strict=True))
        labels = {int(state): state.label for state in State}
        self._cells = {
            id(_STATE): [labels[state] for state in table["state"].tolist()],
            id(_LOCAL): _ends_of(table, "local"),
            id(_PEER): _ends_of(table, "remote"),
            id(_RECEIVED): list(map(words.size, table["recv_queue"].tolist())),
            id(_SENT): list(map(words.size, table["send_queue"].tolist())),
            id(_AGE): [short_duration(age) for age in view.age_ms[rows].tolist()],
            id(_RTT): [short_rtt(rtt) for rtt in np.where(table["state"] == State.LISTEN, 0, table["rtt_us"]).tolist()],
            id(_RESENT): [str(count) if count else "" for count in self.resent],
        }

    def cells(self, column: _Column) -> list[str]:
        """The texts of one column."""
        if column is _TIMER:
            return [self._timer(*timer) for timer in self._timers]
        return self.owners() if column is _PROCESS else self._cells[id(column)]

    def _timer(self, kind: int, expires_ms: int, retries: int) -> str:
        """Which timer runs, until when, and how often it has expired."""
        if kind == TimerKind.NONE or kind not in self._timer_words:
            return ""
        again = f" ×{retries}" if retries else ""
        return f"{self._timer_words[kind]} {short_duration(expires_ms)}{again}"

    def troubles(self) -> list[str]:
        """The timers that run because of trouble."""
        return [self._timer(*timer) if timer[0] in _TROUBLE else "" for timer in self._timers]

    def owners(self) -> list[str]:
        """The first owner of each, and how many more there are."""
        return [owner_words(self._listing.view.owners_of(row)) for row in self._rows.tolist()]


def _ends_of(table: npt.NDArray[np.void], side: str) -> list[str]:
    addresses, ports = table[f"{side}_address"].tolist(), table[f"{side}_port"].tolist()
    return [
        f"[{spelled}]:{port or '*'}" if ":" in spelled else f"{spelled}:{port or '*'}"
        for address, port in zip(addresses, ports, strict=True)
        for spelled in (spell_address(tuple(address)),)
    ]


def owner_words(owners: tuple[Owner, ...]) -> str:
    """`nginx[812]`, with its unit or container, and the number of further processes."""
    if not owners:
        return ""
    first = owners[0]
    others = len({owner.pid for owner in owners}) - 1
    where = first.container or first.unit
    return f"{first.command}[{first.pid}]{f' +{others}' if others else ''}{f' {where}' if where else ''}"


def short_duration(duration_ms: int) -> str:
    """A time in at most five characters; empty for an unknown one (negative).

    >>> short_duration(340), short_duration(59_400), short_duration(125_000), short_duration(5_400_000), short_duration(200_000_000)
    ('340ms', '59s', '2m', '1.5h', '2.3d')
    """
    if duration_ms < 0:
        return ""
    if duration_ms < 1_000:
        return f"{duration_ms}ms"
    for unit, size_ms, most in (("s", 1_000, 100), ("m", 60_000, 60), ("h", 3_600_000, 48)):
        number = duration_ms / size_ms
        if number < most:
            return f"{int(number * 10) / 10:g}{unit}" if number < 10 and unit != "m" else f"{int(number)}{unit}"
    days = duration_ms / 86_400_000
    return f"{int(days * 10) / 10:g}d" if days < 10 else f"{int(days)}d"


def short_rtt(rtt_us: int) -> str:
    """A round-trip time with three digits; empty for none."""
    return format_duration(rtt_us * 1000).replace(" ", "") if rtt_us else ""
