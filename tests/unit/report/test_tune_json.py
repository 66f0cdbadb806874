"""The document `estab.tune/1`."""

from __future__ import annotations

import json
import pathlib

from estab.knobs.declare import Scope
from estab.live.namespaces import Namespace
from estab.live.tuned import Tuned
from estab.live.tuning import Outcome, Step
from estab.report.tune_json import tune_to_dict, undone_to_dict
from estab.snapshot import HostSnapshot
from estab.text import Translator, msg
from tests.unit.report.test_tune_text import tuned

STEP = Step(kernel_path="net.ipv4.tcp_sack", scope=Scope.NAMESPACE, old="0", new="1", outcome=Outcome.WRITTEN, now="1")
WRITTEN = {"path": "net.ipv4.tcp_sack", "scope": "namespace", "old": "0", "new": "1", "now": "1", "outcome": "written", "text": "written"}


def test_what_is_recommended_and_what_was_done() -> None:
    document = tune_to_dict(tuned("web-edge", unseen={"knobs.x": msg("not permitted"), "qdiscs": "no"}), Translator(), [STEP])
    assert json.loads(json.dumps(document)) == document
    assert (document["schema"], document["profile"], document["lacking"]) == ("estab.tune/1", "web-edge", ["tcp_migrate_req"])
    assert document["unseen"] == {"knobs.x": "not permitted"} and document["changes"] == [WRITTEN]
    first = document["recommendations"][0]
    assert (first["knob"], first["path"], first["old"], first["new"]) == (
        "tcp_abort_on_overflow",
        "net.ipv4.tcp_abort_on_overflow",
        "1",
        "0",
    )
    assert first["reason"] == "profile" and first["undo"] == "sysctl -w net.ipv4.tcp_abort_on_overflow=1" and first["scope"] == "namespace"
    assert document["recommendations"][-1]["undo"] is None
    assert document["different"]["tcp_congestion_control"] == {"value": "bbr", "default": "cubic"}


def test_a_namespace_by_its_name() -> None:
    made = Tuned(host=HostSnapshot(taken_ns=1, namespace=7), namespace=Namespace(pathlib.Path("/x"), 7, "blue"))
    host = tune_to_dict(made)["host"]
    assert (host["netns"], host["namespace"]) == ("blue", 7)


def test_an_undo() -> None:
    assert undone_to_dict([STEP], 2) == {"schema": "estab.tune/1", "changes": [WRITTEN], "elsewhere": 2}


def test_texts_in_the_reader_s_language() -> None:
    assert undone_to_dict([STEP], 0, Translator("zh_CN"))["changes"][0]["text"] == "已写入"
