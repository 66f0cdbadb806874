from __future__ import annotations

import numpy as np
import pytest

from estab.report import bulk, trace_json
from estab.report.trace_json import connection_dicts
from estab.track import connections
from tests.rules.conversation import Capture
from tests.unit.report.analyses import analysis_of


def every_kind() -> Capture:
    """Connections of many fates, each several times."""
    capture = Capture()
    for _ in range(3):
        capture.talk().open().client("PA", data=10).server("A").close()
        capture.talk().open().server("FA").client("FA").server("A")
        capture.talk().client("S").client("S", again=True)
        capture.talk().client("S").server("RA", seq=0)
        capture.talk().client("S").server("SA").client("R")
        capture.talk().client("PA", data=10).server("A")
        capture.talk().open().server("RA")
        capture.talk().open().client("RA").wait("1s")
        capture.talk().server("SA").client("A")
        capture.talk().open().client("FA")
        capture.talk().client("S").client("FA")
        capture.talk().client("S").server("S").client("SA").server("SA")
    return capture


def test_judging_all_together_says_what_judging_one_by_one_says(monkeypatch: pytest.MonkeyPatch) -> None:
    analysis = analysis_of(every_kind())
    one_by_one = list(connection_dicts(analysis))
    monkeypatch.setattr(bulk, "FEW", 0)
    assert list(connection_dicts(analysis)) == one_by_one
    assert list(connection_dicts(analysis, [5, 2, 30])) == [one_by_one[5], one_by_one[2], one_by_one[30]]
    assert len({document["conn_state"] for document in one_by_one}) >= 8


def test_parts_joined_say_what_one_part_says(monkeypatch: pytest.MonkeyPatch) -> None:
    analysis = analysis_of(every_kind())
    at_once = list(connection_dicts(analysis))
    monkeypatch.setattr(trace_json, "ROWS_AT_ONCE", 7)
    monkeypatch.setattr(connections, "PATHS_AT_ONCE", 5)
    monkeypatch.setattr(bulk, "FEW", 0)
    assert list(connection_dicts(analysis)) == at_once


def test_endpoints_are_spelled_as_one_alone_is(monkeypatch: pytest.MonkeyPatch) -> None:
    capture = every_kind()
    capture.talk("[2001:db8::7]", "[2001:db8::2]:443").open()
    told = analysis_of(capture).connections
    every = np.arange(told.count)
    monkeypatch.setattr(bulk, "FEW", 0)
    for side in (0, 1):
        expected = [told.endpoint(row, side) for row in every.tolist()]
        assert bulk.endpoint_texts(told, every, side) == list(map(str, expected))
        assert bulk.addresses(told, every, side) == [endpoint.address for endpoint in expected]
        assert bulk.ports(told, every, side) == [endpoint.port for endpoint in expected]
