from __future__ import annotations

import json

import pytest

from estab.diagnose.finding import (
    AbsenceEvidence,
    CounterEvidence,
    Evidence,
    KnobEvidence,
    PacketsEvidence,
    ProcessEvidence,
    SnapshotEvidence,
    SocketName,
)
from estab.flow import Endpoint
from estab.machine.states import State
from estab.report.diagnosis_json import diagnosis_to_dict, evidence_to_dict
from estab.text import Translator, msg
from tests.unit.report.analyses import analysis_of, leak_and_refusal


def test_the_document_has_what_the_schema_promises() -> None:
    document = diagnosis_to_dict(analysis_of(leak_and_refusal()))
    assert document["schema"] == "estab.diagnosis/1" and document["source"]["files"] == ["test.pcap"]
    leak, refused = document["findings"]
    promised = {
        "code", "severity", "confidence", "title", "summary", "subject", "count", "connections",
        "evidence", "cause", "ruled_out", "remedy", "filter", "references",
    }  # fmt: skip
    assert promised <= leak.keys()
    assert (leak["code"], leak["severity"], leak["count"]) == ("close.close_wait_leak", "critical", 6)
    assert refused["subject"] == {"kind": "listener", "address": "10.0.0.2", "port": 81}
    assert refused["evidence"][0]["frames"] == [43, 44] and refused["connections"] == [6]
    assert json.loads(json.dumps(document)) == document


def test_texts_are_in_the_readers_language_and_keys_are_not() -> None:
    english, chinese = (diagnosis_to_dict(analysis_of(leak_and_refusal()), Translator(language)) for language in ("en", "zh_CN"))
    assert english["findings"][0]["title"] != chinese["findings"][0]["title"]
    assert english["findings"][0].keys() == chinese["findings"][0].keys()


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (PacketsEvidence(msg("t"), 3, (1, 2)), {"kind": "packets", "text": "t", "connection": 3, "frames": [1, 2]}),
        (AbsenceEvidence(msg("t"), 3, 5, 9), {"kind": "absence", "text": "t", "connection": 3, "from_ns": 5, "to_ns": 9}),
        (CounterEvidence(msg("t"), "c", 0, 4), {"kind": "counter", "text": "t", "counter": "c", "before": 0, "after": 4}),
        (
            SnapshotEvidence(msg("t"), SocketName(Endpoint("10.0.0.1", 80), Endpoint("10.0.0.2", 9), State.CLOSE_WAIT), {"rto": 1}),
            {
                "kind": "snapshot",
                "text": "t",
                "socket": {
                    "local": {"address": "10.0.0.1", "port": 80},
                    "remote": {"address": "10.0.0.2", "port": 9},
                    "state": "CLOSE-WAIT",
                },
                "readings": {"rto": 1},
            },
        ),
        (
            ProcessEvidence(msg("t"), 7, "nginx", {"open_files": 9}),
            {"kind": "process", "text": "t", "pid": 7, "command": "nginx", "readings": {"open_files": 9}},
        ),
        (KnobEvidence(msg("t"), "somaxconn", 128), {"kind": "knob", "text": "t", "knob": "somaxconn", "value": 128}),
    ],
)
def test_each_kind_of_evidence(evidence: Evidence, expected: dict[str, object]) -> None:
    assert evidence_to_dict(evidence, Translator()) == expected


def test_an_interrupted_reading_is_marked() -> None:
    assert diagnosis_to_dict(analysis_of(leak_and_refusal(), partial=True))["partial"] is True
