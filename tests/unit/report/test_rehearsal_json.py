from __future__ import annotations

import json

from estab.api import lab_run
from estab.report.rehearsal_json import rehearsal_to_dict
from estab.text import Translator


def test_the_document_is_json_and_whole() -> None:
    result = lab_run("refused")
    document = json.loads(json.dumps(result.to_dict()))
    assert document["schema"] == "estab.lab/1" and document["scenario"] == "refused" and document["behaviours"] == ["opening.refused"]
    assert document["parameters"] == {"listens": False, "attempts": 3} and document["results"] == {"connect()": "ECONNREFUSED"}
    assert document["counters"]["server"]["Tcp.OutRsts"] == 3
    assert document["diagnosis"]["schema"] == "estab.diagnosis/1" and document["diagnosis"]["source"]["files"] == ["refused.pcapng"]
    verdict = document["verdict"]
    assert verdict["findings"] == verdict["expected"] == ["handshake.refused"] and verdict["as_expected"]
    assert verdict["disagreements"] == [] and verdict["compared"] > 10 and verdict["check"] == ""
    assert [record["time_ns"] for record in document["timeline"]] == sorted(record["time_ns"] for record in document["timeline"])
    assert {record["kind"] for record in document["timeline"]} == {"call", "state"}


def test_texts_are_in_the_language_asked_for() -> None:
    document = rehearsal_to_dict(lab_run("refused").rehearsal, Translator("zh_CN"))
    assert document["title"] == "连接被拒绝"


def test_with_settings_nothing_is_expected() -> None:
    verdict = lab_run("refused", settings={"listens": True}).to_dict()["verdict"]
    assert verdict["expected"] is None and verdict["findings"] == [] and verdict["as_expected"]
