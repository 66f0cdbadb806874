from __future__ import annotations

import json

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
