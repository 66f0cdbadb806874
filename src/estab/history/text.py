"""What the database holds, for a screen: rows of time with the findings below, or one moment whole and what was unusual in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from estab.history.interval import Crowd, Interval
from estab.history.timeline import Row, Span, rows_of, spans_of, step_for, unusual
from estab.instant import DAY_NS, SECOND_NS, format_clock, format_duration, format_second
from estab.report.painter import Style
from estab.report.view import Layout
from estab.text import Text, format_count, msg
from estab.typeset import ends, hang, pad, shorten, width_of, wrap

ROWS_SHOWN = 24
_SHORT_STATES = {"ESTABLISHED": "ESTAB", "TIME-WAIT": "TIME-W", "CLOSE-WAIT": "CLOSE-W", "SYN-RECEIVED": "SYN-RCV"}
"""States with a column of their own; the others are summed."""
_RATES = (
    (msg("opens/s"), ("Tcp.ActiveOpens", "Tcp.PassiveOpens")),
    (msg("resent/s"), ("Tcp.RetransSegs",)),
    (msg("RST/s"), ("Tcp.OutRsts",)),
)
_SEVERITY_STYLES = {"critical": Style.CRITICAL, "warning": Style.WARNING, "info": Style.INFO}
_GAP = 2
_UNUSUAL_MSG = msg("Unusual then, in events a second (before: the median of the hour before)")


def history_text(intervals: Sequence[Interval], layout: Layout, *, rows: int = ROWS_SHOWN) -> str:
    """The time as rows, and the findings as spans; times are UTC."""
    return "".join(f"{line.rstrip()}\n" for line in _history_lines(intervals, layout, rows))


def _history_lines(intervals: Sequence[Interval], layout: Layout, rows: int) -> Iterator[str]:
    tr = layout.translator
    if not intervals:
        yield tr(msg("nothing was recorded in this time"))
        return
    first, last = intervals[0].from_ns, intervals[-1].to_ns
    said = tr(
        msg(
            "{count} intervals from {first} to {last}",
            count=format_count(len(intervals)),
            first=format_second(first),
            last=format_second(last),
        )
    )
    yield from wrap(said, layout.width)
    yield ""
    step_ns = step_for(last - first, rows)
    yield from _table(rows_of(intervals, step_ns), step_ns, layout)
    yield ""
    yield from _findings(spans_of(intervals), layout, whole_days=last - first > DAY_NS)


def _table(rows: Sequence[Row], step_ns: int, layout: Layout) -> Iterator[str]:
    tr = layout.translator
    columns = _columns(rows, layout)
    heads = [tr(column.head) for column in columns]
    widths = [max(width_of(cell) for cell in (head, *column.cells)) for head, column in zip(heads, columns, strict=True)]
    yield layout.painter(_line(heads, widths), Style.FAINT)
    for number, row in enumerate(rows):
        if number and row.from_ns > rows[number - 1].to_ns:
            yield layout.painter(tr(msg("… not recorded …")), Style.FAINT)
        yield _line([column.cells[number] for column in columns], widths)
    yield from wrap(tr(msg("Each row is {step}: the most sockets, and events a second.", step=format_duration(step_ns))), layout.width)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column; one that can be missed makes room on a narrow screen."""

    head: Text | str
    cells: list[str]
    can_be_missed: bool = False


def _columns(rows: Sequence[Row], layout: Layout) -> list[_Column]:
    """The columns that fit on the screen."""
    days = rows[-1].to_ns - rows[0].from_ns > DAY_NS
    columns = [_Column(msg("UTC"), [_moment(row.from_ns, days=days) for row in rows])]
    for state, short in _SHORT_STATES.items():
        columns.append(_Column(short, [format_count(row.states.get(state, 0)) for row in rows], state == "SYN-RECEIVED"))
    others = [sum(many for state, many in row.states.items() if state not in _SHORT_STATES) for row in rows]
    columns.append(_Column(msg("other"), [format_count(many) for many in others], can_be_missed=True))
    for head, counters in _RATES:
        columns.append(_Column(head, [_rate(sum(row.per_second(counter) for counter in counters)) for row in rows]))
    for severity, head in (("critical", msg("critical")), ("warning", msg("warnings"))):
        columns.append(_Column(head, [str(row.worst.get(severity, 0) or "-") for row in rows]))
    while sum(_width(column, layout) + _GAP for column in columns) - _GAP > layout.width:
        missed = next((column for column in columns if column.can_be_missed), None)
        if missed is None:
            break
        columns.remove(missed)
    return columns


def _width(column: _Column, layout: Layout) -> int:
    return max(width_of(cell) for cell in (layout.translator(column.head), *column.cells))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return (" " * _GAP).join(pad(cell, widths[at], right=at > 0) for at, cell in enumerate(cells))


def _rate(per_second: float) -> str:
    if per_second >= 100:
        return format_count(round(per_second))
    return "0" if per_second == 0 else f"{per_second:.2g}" if per_second < 10 else f"{per_second:.0f}"


def _moment(instant_ns: int, *, days: bool) -> str:
    return format_second(instant_ns)[5:19] if days else format_clock(instant_ns)


def _findings(spans: Sequence[Span], layout: Layout, *, whole_days: bool) -> Iterator[str]:
    tr = layout.translator
    shown = [span for span in spans if layout.notes or span.severity != "info"]
    if not shown:
        yield tr(msg("No finding of this time is a warning or worse."))
    for span in shown:
        head = f"{span.severity.upper()}  {span.place}"
        left = ends(head, span.code, layout.width)
        left[0] = left[0].replace(span.severity.upper(), layout.painter(span.severity.upper(), _SEVERITY_STYLES[span.severity]), 1)
        yield from left
        held = tr(msg("{first} to {last}", first=_moment(span.from_ns, days=whole_days), last=_moment(span.to_ns, days=whole_days)))
        yield from hang(held, span.text, indent=2, label_width=width_of(held) + _GAP, width=layout.width)


def moment_text(interval: Interval, before: Sequence[Interval], layout: Layout) -> str:
    """One interval whole, and which counters moved at another rate than in the time before it."""
    return "".join(f"{line.rstrip()}\n" for line in _moment_lines(interval, before, layout))


def _moment_lines(interval: Interval, before: Sequence[Interval], layout: Layout) -> Iterator[str]:
    tr = layout.translator
    lasted = format_duration(interval.lasted_ns)
    yield tr(msg("{first} to {last} ({lasted})", first=format_second(interval.from_ns), last=format_second(interval.to_ns), lasted=lasted))
    if interval.partial:
        yield layout.painter(tr(msg("PARTIAL: recording was interrupted in this interval")), Style.WARNING)
    yield ""
    yield from _findings(spans_of([interval]), layout, whole_days=False)
    yield ""
    yield from _section(msg("Sockets"), [(state, format_count(many)) for state, many in interval.states.items()], layout)
    yield from _section(msg("Largest crowds"), [(crowd.name, _crowd(crowd)) for crowd in interval.peers[:8]], layout)
    queues = [(load.name, tr(msg("{queue} of {limit}", queue=load.queue, limit=load.limit))) for load in interval.listeners if load.queue]
    yield from _section(msg("Accept queues"), queues, layout)
    now = rows_of([interval], SECOND_NS)[0]
    changes = unusual(now, [rows_of([earlier], SECOND_NS)[0] for earlier in before])
    yield from _section(_UNUSUAL_MSG, [(change.name, f"{_rate(change.now)}  ({_rate(change.usual)})") for change in changes], layout)


def _crowd(crowd: Crowd) -> str:
    return ", ".join(f"{format_count(many)} {state}" for state, many in sorted(crowd.states.items(), key=lambda item: -item[1]))


def _section(title: Text, entries: Sequence[tuple[str, str]], layout: Layout) -> Iterator[str]:
    if not entries:
        return
    yield from wrap(layout.translator(title), layout.width)
    room = min(max(width_of(name) for name, _ in entries), layout.width // 2) + _GAP
    for name, said in entries:
        yield from hang(shorten(name, room - _GAP), said, indent=2, label_width=room, width=layout.width)
    yield ""
