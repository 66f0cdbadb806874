from __future__ import annotations

import csv

from estab.report.trace_csv import COLUMNS, trace_csv
from tests.unit.report.analyses import analysis_of, leak_and_refusal


def test_every_line_has_every_column() -> None:
    head, *rows = list(csv.reader(trace_csv(analysis_of(leak_and_refusal()))))
    assert tuple(head) == COLUMNS and len(rows) == 8 and {len(row) for row in rows} == {len(COLUMNS)}
    refused = dict(zip(head, rows[6], strict=True))
    assert (refused["server_address"], refused["server_port"], refused["end"]) == ("10.0.0.2", "81", "reset")
    assert refused["states_server"] == "CLOSED" and refused["findings"] == "handshake.refused" and refused["handshake_rtt_ns"] == ""


def test_only_the_rows_asked_for() -> None:
    assert [line.split(",")[0] for line in trace_csv(analysis_of(leak_and_refusal()), [7, 0])] == ["id", "7", "0"]
