"""Connections as CSV: one line each, times in nanoseconds, sides as two columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from estab.report.model import Analysis
from estab.report.trace_json import SIDE_COUNTS, connection_columns

COLUMNS = (
    "id",
    "client_address",
    "client_port",
    "server_address",
    "server_port",
    "roles_known",
    "first_ns",
    "last_ns",
    *(f"{key}_{side}" for key in SIDE_COUNTS for side in ("client", "server")),
    "handshake",
    "handshake_rtt_ns",
    "end",
    "conn_state",
    "states_client",
    "states_server",
    "findings",
)


def trace_csv(analysis: Analysis, rows: Iterable[int] | None = None) -> Iterator[str]:
    """The lines, the first with the names of the columns; paths are joined by `>`, codes by a space."""
    yield from _lines([COLUMNS])
    for columns in connection_columns(analysis, rows):
        columns["roles_known"] = list(map(int, columns["roles_known"]))
        columns["findings"] = list(map(" ".join, columns["findings"]))
        for side in ("client", "server"):
            columns[f"states_{side}"] = list(map(">".join, columns[f"states_{side}"]))
        yield from _lines(zip(*(columns[name] for name in COLUMNS), strict=True))


def _lines(rows: Iterable[Iterable[Any]]) -> list[str]:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue().splitlines(keepends=True)
