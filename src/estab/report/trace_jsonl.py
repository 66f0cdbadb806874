"""Connections as JSON lines: one object a connection, as in `estab.trace/1`, for programs that read line by line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from estab.report.model import Analysis
from estab.report.trace_json import connection_dicts


def trace_jsonl(analysis: Analysis, rows: Iterable[int] | None = None) -> Iterator[str]:
    """The lines."""
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    for document in connection_dicts(analysis, rows):
        yield encode(document) + "\n"
