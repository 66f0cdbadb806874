from __future__ import annotations

import json

import pytest

from estab.cli.exit import Exit
from estab.cli.main import run


@pytest.mark.parametrize("topic", ["close.close_wait_leak", "TIME-WAIT", "tcp_fin_timeout"])
def test_a_page_as_text_and_as_json(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "en", "explain", topic]) == Exit.DONE
    assert topic in capsys.readouterr().out.splitlines()[0]
    assert run(["--lang", "zh", "explain", topic, "--json"]) == Exit.DONE
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["topic"], document["language"]) == ("estab.explain/1", topic, "zh_CN")


def test_every_topic_of_the_list_has_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "en", "explain", "--list"]) == Exit.DONE
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert {"handshake.refused", "CLOSE-WAIT", "somaxconn"} <= set(names)
    assert run(["explain", "--list", "--json"]) == Exit.DONE
    document = json.loads(capsys.readouterr().out)
    assert [page["topic"] for page in document["topics"]] == names and document["schema"] == "estab.topics/1"
