"""A live host's diagnosis as JSON."""

from __future__ import annotations

import json

from estab.report.host_json import host_to_dict
from tests.unit.report.host_analyses import captured, leak_analysis


def test_the_document_names_sockets_and_owners() -> None:
    document = json.loads(json.dumps(host_to_dict(leak_analysis())))
    assert document["schema"] == "estab.diagnosis/1" and document["source"]["kind"] == "host" and document["source"]["sockets"] == 31
    leak = next(finding for finding in document["findings"] if finding["code"] == "close.close_wait_leak")
    assert leak["connections"] == [] and leak["count"] == 30
    assert leak["sockets"][0]["state"] == "CLOSE-WAIT" and leak["owners"][0]["pid"] == 77
    assert (document["source"]["netns"], document["source"]["pid"]) == (None, None)
    assert host_to_dict(leak_analysis(pid=77))["source"]["pid"] == 77
    assert document["source"]["unseen"] == {"qdiscs": "queues of interfaces: no answer"}


def test_packets_are_told_as_a_capture_with_what_is_missing() -> None:
    capture = host_to_dict(leak_analysis(packets=captured(lost=3, file="x.pcapng")))["capture"]
    assert (capture["interface"], capture["lost"], capture["files"]) == ("eth7", 3, ["x.pcapng"]) and capture["packets"] > 0
    assert "capture" not in host_to_dict(leak_analysis())
