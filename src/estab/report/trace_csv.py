"""Connections as CSV: one line each, times in nanoseconds, sides as two columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from estab.report.model import Analysis
from estab.report.trace_json import SIDE_COUNTS, connection_dicts

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
    """The lines, the first with the names of the columns; paths of states are joined by `>`, codes by a space."""
    yield _line(COLUMNS)
    for document in connection_dicts(analysis, rows):
        yield _line(_cells(document))


def _cells(document: dict[str, Any]) -> list[Any]:
    """The values in the order of COLUMNS."""
    client, server = document["client"], document["server"]
    cells = [document["id"], client["address"], client["port"], server["address"], server["port"]]
    cells += [int(document["roles_known"]), document["first_ns"], document["last_ns"]]
    cells += [document[key][side] for key in SIDE_COUNTS for side in ("client", "server")]
    cells += [document["handshake"], document["handshake_rtt_ns"], document["end"], document["conn_state"]]
    return [*cells, *(">".join(document["states"][side]) for side in ("client", "server")), " ".join(document["findings"])]


def _line(cells: Iterable[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()
