"""Connections as the document `estab.trace/1`, made column by column: a Python loop only joins what NumPy has prepared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from estab.report.model import Analysis, codes_of_connections
from estab.text import Translator

SCHEMA = "estab.trace/1"
Document = dict[str, Any]

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
    """One dictionary for each connection, in the order of `rows` (all, in the order of their first packets, without it)."""
    connections, codes = analysis.connections, codes_of_connections(analysis)
    chosen = np.arange(connections.count) if rows is None else np.fromiter(rows, np.int64)
    sides = {
        key: (_listed(connections.client, field, chosen), _listed(connections.server, field, chosen)) for key, field in SIDE_COUNTS.items()
    }
    plain = [getattr(connections, name)[chosen].tolist() for name in ("first_ns", "last_ns", "roles_known")]
    rtt_ns = analysis.facts.handshake_rtt_ns[chosen].tolist()
    for place, row in enumerate(chosen.tolist()):
        document: Document = {
            "id": row,
            "client": connections.endpoint(row, 0).to_dict(),
            "server": connections.endpoint(row, 1).to_dict(),
            "roles_known": plain[2][place],
            "first_ns": plain[0][place],
            "last_ns": plain[1][place],
        }
        for key, (client, server) in sides.items():
            document[key] = {"client": client[place], "server": server[place]}
        document["handshake"] = connections.handshake(row)
        document["handshake_rtt_ns"] = rtt_ns[place] or None
        document["end"] = connections.end(row)
        document["conn_state"] = connections.conn_state(row)
        document["states"] = {"client": connections.states(row, 0), "server": connections.states(row, 1)}
        document["findings"] = codes.get(row, [])
        yield document


def _listed(columns: Any, field: str, chosen: npt.NDArray[np.int64]) -> list[int]:
    values: list[int] = getattr(columns, field)[chosen].tolist()
    return values
