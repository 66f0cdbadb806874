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
from estab.typeset import aligned, widest, width_of, wrap

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
    kept: list[list[str]] = []  # each column of a part as one text: lists of cells would take ten times the memory
    for *cells, states, codes in _cells(analysis, rows, layout):
        widths = [max(width, widest(column)) for width, column in zip(widths, cells, strict=True)]
        state_width = max(state_width, widest(list(set(states))))
        kept.append(["\n".join(column) for column in (*cells, states, codes)])
    room = layout.width - sum(widths) - GAP * len(widths)
    in_one_line = room >= state_width
    if in_one_line:
        yield paint(f"{_head(heads, widths)}  {tr(STATES)}", Style.FAINT)
    else:
        widths[RESENT] = 0  # told in the second line, where there is anything to tell
        widths = _fitted(widths, layout.width)
        yield paint(_head(heads, widths), Style.FAINT)
        yield paint(" " * SECOND_LINE + tr(STATES), Style.FAINT)
    while kept:
        *cells, states, codes = (column.split("\n") for column in kept.pop(0))
        if in_one_line:
            yield from _single_lines(_joined(cells, widths), aligned(states, state_width), codes, layout)
        else:
            yield from _double_lines(_joined(cells, widths), states, cells[RESENT], codes, layout)


def _single_lines(lines: Iterable[str], states: list[str], codes: list[str], layout: Layout) -> Iterator[str]:
    """A line for each connection."""
    for line, state, code in zip(lines, states, codes, strict=True):
        yield from _with_codes(f"{line}  {state}", code, layout)


def _double_lines(lines: Iterable[str], states: list[str], resent: list[str], codes: list[str], layout: Layout) -> Iterator[str]:
    """Two lines for each connection, the second with its states and how much was sent again."""
    lead, tr = " " * SECOND_LINE, layout.translator
    for line, state, again, code in zip(lines, states, resent, codes, strict=True):
        yield line
        said = "" if again == "0" else " · " + tr(msg("{count} resent", count=again))
        yield from _with_codes(f"{lead}{state}{said}", code, layout)


def _with_codes(line: str, codes: str, layout: Layout) -> Iterable[str]:
    """A line with the codes of findings behind it, or below it where they do not fit."""
    if not codes:
        return (line,)
    paint = layout.painter
    if width_of(line) + GAP + width_of(codes) <= layout.width:
        return (f"{line}{' ' * GAP}{paint(codes, Style.CODE)}",)
    return (line, *(" " * SECOND_LINE + paint(part, Style.CODE) for part in wrap(codes, layout.width - SECOND_LINE)))


def _cells(analysis: Analysis, rows: Rows, layout: Layout) -> Iterator[list[list[str]]]:
    """The texts of COLUMNS, the last states of both sides and the codes of findings, a list each; ROWS_AT_ONCE connections at a time."""
    connections, codes = analysis.connections, codes_of_connections(analysis)
    client, server = connections.client, connections.server
    said = {word: layout.translator(text) for word, text in words.END_WORDS.items()}
    ends = bulk.judged(connections, rows, outcome.end)
    paths = [bulk.paths(connections, rows, side) for side in (0, 1)]
    for begin in range(0, len(rows), ROWS_AT_ONCE):
        part = slice(begin, begin + ROWS_AT_ONCE)
        chosen = rows[part]
        sizes = (client.payload_bytes[chosen] + server.payload_bytes[chosen]).tolist()
        both = zip(*(path[part] for path in paths), strict=True)
        yield [
            list(map(str, chosen.tolist())),
            bulk.endpoint_texts(connections, chosen, 0),
            bulk.endpoint_texts(connections, chosen, 1),
            list(map(format_count, (client.packets[chosen] + server.packets[chosen]).tolist())),
            list(map(words.size, sizes)),
            list(map(str, (client.retransmits[chosen] + server.retransmits[chosen]).tolist())),
            _lasted(analysis, chosen),
            [said[word] for word in ends[part]],
            [f"{mine[-1] if mine else '-'} / {theirs[-1] if theirs else '-'}" for mine, theirs in both],
            [" ".join(codes.get(row, ())) for row in chosen.tolist()],
        ]


def _lasted(analysis: Analysis, chosen: Rows) -> list[str]:
    """How long each connection lasted, where the capture has times."""
    if not analysis.facts.has_times:
        return ["-"] * len(chosen)
    return list(map(format_duration, analysis.facts.duration_ns[chosen].tolist()))


def _fitted(widths: list[int], width: int) -> list[int]:
    """The widths with the addresses narrowed until the line fits, as far as that is sensible."""
    fitted = list(widths)
    room = width - sum(widths) + widths[CLIENT] + widths[SERVER] - GAP * (sum(map(bool, widths)) - 1)
    if fitted[CLIENT] + fitted[SERVER] > room:
        fitted[CLIENT] = max(NARROWEST_ADDRESS, room - min(fitted[SERVER], room // 2))
        fitted[SERVER] = max(NARROWEST_ADDRESS, min(fitted[SERVER], room - fitted[CLIENT]))
    return fitted


def _head(heads: Sequence[str], widths: list[int]) -> str:
    return next(_joined([[head] for head in heads], widths))


def _joined(cells: Sequence[Sequence[str]], widths: list[int]) -> Iterator[str]:
    """The lines that columns make side by side; a column of no width is left out."""
    columns = [aligned(texts, width, right=column.number) for column, texts, width in zip(COLUMNS, cells, widths, strict=True) if width]
    return map((" " * GAP).join, zip(*columns, strict=True))
