from __future__ import annotations

from collections.abc import Mapping

from estab.report.model import codes_of_connections, rows_with_finding
from tests.unit.report.analyses import analysis_of, leak_and_refusal


def test_each_connection_has_the_codes_of_its_findings() -> None:
    codes = codes_of_connections(analysis_of(leak_and_refusal()))
    assert codes[0] == ["close.close_wait_leak"] and codes[6] == ["handshake.refused"] and 7 not in codes


def test_rows_with_a_finding() -> None:
    analysis = analysis_of(leak_and_refusal())
    assert rows_with_finding(analysis, "close.close_wait_leak").tolist() == [0, 1, 2, 3, 4, 5]
    assert rows_with_finding(analysis, "flow.zero_window").tolist() == []


def test_codes_are_those_that_the_findings_tell_one_by_one() -> None:
    analysis = analysis_of(leak_and_refusal())
    codes: Mapping[int, list[str]] = codes_of_connections(analysis)
    expected: dict[int, list[str]] = {}
    for finding in analysis.diagnosis.findings:
        for row in finding.members.tolist():
            expected.setdefault(row, [])
            expected[row] += [] if finding.code in expected[row] else [finding.code]
    assert dict(codes) == expected and len(codes) == len(expected)
