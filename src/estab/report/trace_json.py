"""Connections as the document `estab.trace/1`, made column by column: a Python loop only joins what NumPy has prepared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from estab.report import bulk
from estab.report.model import Analysis, Codes, codes_of_connections
from estab.text import Translator
from estab.track import outcome
from estab.track.connections import CLIENT, SERVER

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
    for flat in connection_columns(analysis, rows):
        nested = {
            "id": flat["id"],
            "client": _objects(address=flat["client_address"], port=flat["client_port"]),
            "server": _objects(address=flat["server_address"], port=flat["server_port"]),
            **{name: flat[name] for name in ("roles_known", "first_ns", "last_ns")},
            **{key: _objects(client=flat[f"{key}_client"], server=flat[f"{key}_server"]) for key in SIDE_COUNTS},
            **{name: flat[name] for name in ("handshake", "handshake_rtt_ns", "end", "conn_state")},
            "states": _objects(client=list(map(list, flat["states_client"])), server=list(map(list, flat["states_server"]))),
            "findings": flat["findings"],
        }
        yield from _objects(**nested)


def connection_columns(analysis: Analysis, rows: Iterable[int] | None = None) -> Iterator[dict[str, list[Any]]]:
    """The same as a list for each value, ROWS_AT_ONCE connections at a time; what both sides have ends in `_client`, `_server`."""
    connections, codes = analysis.connections, codes_of_connections(analysis)
    chosen = np.arange(connections.count) if rows is None else np.fromiter(rows, np.int64)
    words: dict[str, Sequence[Any]] = {
        "handshake": bulk.judged(connections, chosen, outcome.handshake),
        "end": bulk.judged(connections, chosen, outcome.end),
        "conn_state": bulk.judged(connections, chosen, outcome.conn_state),
        "states_client": bulk.paths(connections, chosen, CLIENT),
        "states_server": bulk.paths(connections, chosen, SERVER),
    }
    for begin in range(0, len(chosen), ROWS_AT_ONCE):
        part = slice(begin, begin + ROWS_AT_ONCE)
        yield _part(analysis, chosen[part], {name: list(column[part]) for name, column in words.items()}, codes)


def _part(analysis: Analysis, chosen: Rows, words: dict[str, list[Any]], codes: Codes) -> dict[str, list[Any]]:
    """The columns of some connections; `words` are judgements and paths of the same ones."""
    connections = analysis.connections
    sides = (("client", CLIENT), ("server", SERVER))
    return {
        "id": chosen.tolist(),
        **{f"{name}_address": bulk.addresses(connections, chosen, side) for name, side in sides},
        **{f"{name}_port": bulk.ports(connections, chosen, side) for name, side in sides},
        "roles_known": connections.roles_known[chosen].tolist(),
        "first_ns": connections.first_ns[chosen].tolist(),
        "last_ns": connections.last_ns[chosen].tolist(),
        **{
            f"{key}_{name}": getattr(connections.side(side), field)[chosen].tolist()
            for key, field in SIDE_COUNTS.items()
            for name, side in sides
        },
        "handshake_rtt_ns": [rtt_ns or None for rtt_ns in analysis.facts.handshake_rtt_ns[chosen].tolist()],
        **words,
        "findings": [codes.get(row, []) for row in chosen.tolist()],
    }


def _objects(**columns: list[Any]) -> list[Document]:
    """For each place of these columns an object with their names."""
    names = tuple(columns)
    if len(names) == 2:  # by far the most of them, and a literal is made in half the time
        one, other = names
        return [{one: mine, other: theirs} for mine, theirs in zip(*columns.values(), strict=True)]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]
