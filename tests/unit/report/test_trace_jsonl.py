from __future__ import annotations

import json

from estab.report.trace_json import connection_dicts
from estab.report.trace_jsonl import trace_jsonl
from tests.unit.report.analyses import analysis_of, leak_and_refusal


def test_each_line_is_one_connection() -> None:
    analysis = analysis_of(leak_and_refusal())
    lines = list(trace_jsonl(analysis))
    assert [json.loads(line) for line in lines] == list(connection_dicts(analysis))
    assert all(line.count("\n") == 1 and line.endswith("\n") for line in lines)
