"""History as JSON."""

from __future__ import annotations

import json

from estab.history.document import history_to_dict
from tests.unit.history.test_store import FULL


def test_the_document_holds_everything() -> None:
    document = json.loads(json.dumps(history_to_dict([FULL])))
    (interval,) = document["intervals"]
    assert document["schema"] == "estab.history/1"
    assert interval["states"] == {"ESTABLISHED": 5000, "TIME-WAIT": 31000}
    assert interval["findings"][0]["code"] == "handshake.accept_queue_overflow" and interval["listeners"][0]["limit"] == 128
