from __future__ import annotations

import json

import pytest

from estab.cli import output
from estab.errors import MisuseError


@pytest.mark.parametrize("items", [[], [{"id": 0}], [{"id": 0, "name": "连接"}, {"id": 1}]])
def test_a_long_document_written_as_it_comes_is_one_document(items: list[dict[str, object]], capsys: pytest.CaptureFixture[str]) -> None:
    output.write_long_json({"schema": "s/1", "capture": {"files": ["a"]}}, "connections", iter(items))
    assert json.loads(capsys.readouterr().out) == {"schema": "s/1", "capture": {"files": ["a"]}, "connections": items}


def test_codes_are_checked_before_anything_is_read() -> None:
    assert output.known_codes(()) is None
    assert output.known_codes(("handshake.refused",)) == frozenset({"handshake.refused"})
    with pytest.raises(MisuseError, match=r"no\.code"):
        output.known_codes(("handshake.refused", "no.code"))


def test_standard_input_is_read_only_once() -> None:
    output.need_captures(("-", "a.pcap"))
    with pytest.raises(MisuseError):
        output.need_captures(("-", "a.pcap", "-"))
