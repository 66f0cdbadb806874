"""Connections as the document `estab.trace/1`, made column by column: a Python loop only joins what NumPy has prepared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from estab.report import bulk
from estab.report.model import Analysis, Codes, codes_of_connections
from estab.text import Translator
from estab.track import outcome
from estab.track.columns import Columns
from estab.track.connections import CLIENT, SERVER

if TYPE_CHECKING:
    pass

Rows = npt.NDArray[np.int64]

SCHEMA = "estab.trace/1"
Document = dict[str, Any]

ROWS_AT_ONCE = 4096
SIDE_COUNTS = {
    "packets": "packets",
    "payload_bytes": "payload_bytes",
    "retransmits": "retransmits",
    "out_of_order": "out_of_order",
    "duplicates": "duplicates",
}
"""Key of the document -> field of a side."""


def trace_to_dict(analysis: Analysis, rows: Iterable[int] | None = None, translator: Translator | None = None) -> Document:
    """The document with all connections, or those of `rows`."""
    return {**head(analysis, translator or Translator()), "connections": list(connection_dicts(analysis, rows))}


def head(analysis: Analysis, tr: Translator) -> Document:
    """The document without its connections."""
    return {"schema": SCHEMA, "capture": capture_to_dict(analysis, tr), "partial": analysis.partial}


def capture_to_dict(analysis: Analysis, tr: Translator) -> Document:
    """What was read."""
    capture = analysis.capture
    return {
        "files": list(capture.files),
        "bytes": capture.size_bytes,
        "packets": capture.packets,
        "tcp_packets": capture.tcp_packets,
        "connections": analysis.connections.count,
        "first_ns": capture.first_ns,
        "last_ns": capture.last_ns,
        "skipped": {reason.value: count for reason, count in capture.skipped.items() if count},
        "cut_packets": capture.cut_packets,
        "damage": "; ".join(tr(line) for line in capture.damage) or None,
        "notes": [tr(line) for line in capture.notes],
    }


def connection_dicts(analysis: Analysis, rows: Iterable[int] | None = None) -> Iterator[Document]:
    """One dictionary for each connection, in the order of `rows` (all, in the order of their first packets, without it).

    They are made ROWS_AT_ONCE at a time, so that whoever writes them one by one never holds them all.
    """
    connections, codes = analysis.connections, codes_of_connections(analysis)
    chosen = np.arange(connections.count) if rows is None else np.fromiter(rows, np.int64)
    whole: dict[str, list[Any]] = {
        "handshake": bulk.judged(connections, chosen, outcome.handshake),
        "end": bulk.judged(connections, chosen, outcome.end),
        "conn_state": bulk.judged(connections, chosen, outcome.conn_state),
        "client": bulk.paths(connections, chosen, CLIENT),
        "server": bulk.paths(connections, chosen, SERVER),
    }
    for begin in range(0, len(chosen), ROWS_AT_ONCE):
        part = slice(begin, begin + ROWS_AT_ONCE)
        yield from _part(analysis, chosen[part], {key: words[part] for key, words in whole.items()}, codes)


def _part(analysis: Analysis, chosen: Rows, words: dict[str, list[Any]], codes: Codes) -> Iterator[Document]:
    """The dictionaries of some connections, column by column; `words` are judgements and paths of the same ones."""
    connections = analysis.connections
    numbers = {
        key: (_of_side(connections.client, field, chosen), _of_side(connections.server, field, chosen))
        for key, field in SIDE_COUNTS.items()
    }
    paths = zip(words["client"], words["server"], strict=True)
    columns = {
        "id": chosen.tolist(),
        "client": [end.to_dict() for end in bulk.endpoints(connections, chosen, CLIENT)],
        "server": [end.to_dict() for end in bulk.endpoints(connections, chosen, SERVER)],
        "roles_known": connections.roles_known[chosen].tolist(),
        "first_ns": connections.first_ns[chosen].tolist(),
        "last_ns": connections.last_ns[chosen].tolist(),
        **{key: [{"client": client, "server": server} for client, server in zip(*pair, strict=True)] for key, pair in numbers.items()},
        "handshake": words["handshake"],
        "handshake_rtt_ns": [rtt_ns or None for rtt_ns in analysis.facts.handshake_rtt_ns[chosen].tolist()],
        "end": words["end"],
        "conn_state": words["conn_state"],
        "states": [{"client": list(client), "server": list(server)} for client, server in paths],
        "findings": [codes.get(row, []) for row in chosen.tolist()],
    }
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


def _of_side(columns: Columns, field: str, chosen: Rows) -> list[int]:
    values: list[int] = getattr(columns, field)[chosen].tolist()
    return values
