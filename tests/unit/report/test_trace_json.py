from __future__ import annotations

import json

import pytest

from estab.report import trace_json
from estab.report.trace_json import connection_dicts, trace_to_dict
from tests.rules.conversation import Capture
from tests.unit.report.analyses import analysis_of, damaged, leak_and_refusal


def test_the_document_has_what_the_schema_promises() -> None:
    document = trace_to_dict(analysis_of(leak_and_refusal()))
    assert document["schema"] == "estab.trace/1" and document["capture"]["connections"] == 8
    leak = document["connections"][0]
    assert (leak["client"], leak["server"]) == ({"address": "10.0.0.1", "port": 40001}, {"address": "10.0.0.2", "port": 80})
    assert (leak["packets"], leak["payload_bytes"]) == ({"client": 4, "server": 3}, {"client": 10, "server": 100})
    assert (leak["handshake"], leak["end"], leak["conn_state"], leak["roles_known"]) == ("full", "open", "S2", True)
    assert leak["states"]["server"][-1] == "CLOSE-WAIT" and leak["findings"] == ["close.close_wait_leak"]
    assert leak["handshake_rtt_ns"] > 1_000_000 and document["connections"][6]["handshake_rtt_ns"] is None
    assert document["connections"][7]["client"]["address"] == "2001:db8::1"
    assert json.loads(json.dumps(document)) == document


def test_damage_is_one_text_or_null() -> None:
    assert trace_to_dict(analysis_of(Capture()))["capture"]["damage"] is None
    assert trace_to_dict(damaged(Capture()))["capture"]["damage"] == "the file ends in the middle of a record"


def test_rows_are_given_in_the_order_asked_for() -> None:
    assert [document["id"] for document in connection_dicts(analysis_of(leak_and_refusal()), [7, 2])] == [7, 2]
    assert list(connection_dicts(analysis_of(Capture()))) == []


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
    monkeypatch.setattr(trace_json, "FEW", 0)
    assert list(connection_dicts(analysis)) == one_by_one
    assert len({document["conn_state"] for document in one_by_one}) >= 8
