"""Connections as a table: one line each where the screen is wide enough, else two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estab.instant import format_duration
from estab.report import bulk, words
from estab.report.model import Analysis, codes_of_connections
from estab.report.painter import Style
from estab.report.view import Layout, source_lines
from estab.text import Text, format_count, msg
from estab.track import outcome
from estab.typeset import pad, shorten, width_of, wrap

Rows = npt.NDArray[np.int64]

ROWS_AT_ONCE = 4096
GAP = 2
SECOND_LINE = 4
"""Columns by which the second line of a connection is moved in."""
NARROWEST_ADDRESS = 15


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: its head, and whether it holds numbers (set to the right)."""

    head: Text
    number: bool = False


COLUMNS = (
    Column(msg("#"), number=True),
    Column(msg("client")),
    Column(msg("server")),
    Column(msg("packets"), number=True),
    Column(msg("bytes"), number=True),
    Column(msg("resent"), number=True),
    Column(msg("lasted"), number=True),
    Column(msg("end")),
)
CLIENT, SERVER, RESENT = 1, 2, 5
STATES = msg("states of client / server")


def trace_lines(analysis: Analysis, rows: Rows, left_out: int, layout: Layout) -> Iterator[str]:
    """The table of these rows, line by line, each with its end."""
    return (f"{line.rstrip()}\n" for line in _lines(analysis, rows, left_out, layout))


def _lines(analysis: Analysis, rows: Rows, left_out: int, layout: Layout) -> Iterator[str]:
    tr = layout.translator
    yield from source_lines(analysis, layout)
    yield ""
    if len(rows):
        yield from _table(analysis, rows, layout)
    elif analysis.connections.count:
        yield tr(msg("no connection fits what was asked for"))
    else:
        yield tr(msg("no TCP connection in it"))
    if left_out:
        yield tr(msg("… and {count} more (--limit)", count=format_count(left_out)))


def _table(analysis: Analysis, rows: Rows, layout: Layout) -> Iterator[str]:
    tr, paint = layout.translator, layout.painter
    heads = [tr(column.head) for column in COLUMNS]
    widths, state_width = list(map(width_of, heads)), width_of(tr(STATES))
    kept: list[str] = []  # as texts: lists of cells would take ten times the memory
    for lines in _cells(analysis, rows, layout):
        *cells, states, _codes = zip(*lines, strict=True)
        widths = [max(width, *map(width_of, column)) for width, column in zip(widths, cells, strict=True)]
        state_width = max(state_width, *map(width_of, set(states)))
        kept.append("\n".join(map("\t".join, lines)))
    room = layout.width - sum(widths) - GAP * len(widths)
    if room >= state_width:
        yield paint(f"{_joined(heads, widths)}  {tr(STATES)}", Style.FAINT)
        for line, state, code in _unpacked(kept):
            yield from _with_codes(f"{_joined(line, widths)}  {pad(state, state_width)}", code, layout)
        return
    widths[RESENT] = 0  # told in the second line, where there is anything to tell
    widths = _fitted(widths, layout.width)
    yield paint(_joined(heads, widths), Style.FAINT)
    yield paint(" " * SECOND_LINE + tr(STATES), Style.FAINT)
    for line, state, code in _unpacked(kept):
        yield _joined(line, widths)
        resent = "" if line[RESENT] == "0" else " · " + tr(msg("{count} resent", count=line[RESENT]))
        yield from _with_codes(" " * SECOND_LINE + state + resent, code, layout)


def _with_codes(line: str, codes: str, layout: Layout) -> Iterator[str]:
    """A line with the codes of findings behind it, or below it where they do not fit."""
    paint = layout.painter
    if width_of(line) + GAP + width_of(codes) <= layout.width:
        yield f"{line}{' ' * GAP}{paint(codes, Style.CODE)}"
        return
    yield line
    yield from (" " * SECOND_LINE + paint(part, Style.CODE) for part in wrap(codes, layout.width - SECOND_LINE))


def _unpacked(kept: list[str]) -> Iterator[tuple[list[str], str, str]]:
    """For each connection the texts of COLUMNS, its states and its codes."""
    for lines in kept:
        for line in lines.split("\n"):
            *cells, states, codes = line.split("\t")
            yield cells, states, codes


def _cells(analysis: Analysis, rows: Rows, layout: Layout) -> Iterator[list[list[str]]]:
    """For each connection the texts of COLUMNS, the last state of both sides and the codes of findings; ROWS_AT_ONCE at a time."""
    connections, timed, codes = analysis.connections, analysis.facts.has_times, codes_of_connections(analysis)
    client, server = connections.client, connections.server
    said = {word: layout.translator(text) for word, text in words.END_WORDS.items()}
    ends = bulk.judged(connections, rows, outcome.end)
    paths = [bulk.paths(connections, rows, side) for side in (0, 1)]
    for begin in range(0, len(rows), ROWS_AT_ONCE):
        part = slice(begin, begin + ROWS_AT_ONCE)
        chosen = rows[part]
        lasted_ns = analysis.facts.duration_ns[chosen].tolist()
        columns: tuple[Iterable[object], ...] = (
            chosen.tolist(),
            bulk.endpoints(connections, chosen, 0),
            bulk.endpoints(connections, chosen, 1),
            map(format_count, (client.packets[chosen] + server.packets[chosen]).tolist()),
            map(words.size, (client.payload_bytes[chosen] + server.payload_bytes[chosen]).tolist()),
            (client.retransmits[chosen] + server.retransmits[chosen]).tolist(),
            (format_duration(duration_ns) if timed else "-" for duration_ns in lasted_ns),
            (said[word] for word in ends[part]),
            (" / ".join(path[-1] if path else "-" for path in both) for both in zip(*(path[part] for path in paths), strict=True)),
            (" ".join(codes.get(row, [])) for row in chosen.tolist()),
        )
        yield [list(map(str, line)) for line in zip(*columns, strict=True)]


def _fitted(widths: list[int], width: int) -> list[int]:
    """The widths with the addresses narrowed until the line fits, as far as that is sensible."""
    fitted = list(widths)
    room = width - sum(widths) + widths[CLIENT] + widths[SERVER] - GAP * (sum(map(bool, widths)) - 1)
    if fitted[CLIENT] + fitted[SERVER] > room:
        fitted[CLIENT] = max(NARROWEST_ADDRESS, room - min(fitted[SERVER], room // 2))
        fitted[SERVER] = max(NARROWEST_ADDRESS, min(fitted[SERVER], room - fitted[CLIENT]))
    return fitted


def _joined(cells: Sequence[str], widths: list[int]) -> str:
    """The cells side by side; a column of no width is left out."""
    columns = zip(COLUMNS, cells, widths, strict=True)
    return (" " * GAP).join(pad(shorten(text, width), width, right=column.number) for column, text, width in columns if width)
