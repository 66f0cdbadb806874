from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator

import pytest

import estab
from estab.cli.exit import Exit
from estab.cli.main import run
from estab.live.fields import FIELDS
from estab.typeset import width_of


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a listener of this process."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(7)
        yield listener.getsockname()[1]


def out_of(capsys: pytest.CaptureFixture[str], *arguments: str, language: str = "en") -> str:
    assert run(["--lang", language, "sockets", *arguments]) == Exit.DONE
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_a_listener_of_this_process(capsys: pytest.CaptureFixture[str], port: int) -> None:
    text = out_of(capsys, f"state == LISTEN and local_port == {port}", "--owners")
    assert f"127.0.0.1:{port}" in text and f"[{os.getpid()}]" in text
    assert max(map(width_of, text.splitlines())) <= 80


def test_a_filter_may_be_several_words(capsys: pytest.CaptureFixture[str], port: int) -> None:
    document = json.loads(out_of(capsys, "local_port", "==", str(port), "--json"))
    assert document["filter"] == f"local_port == {port}"
    assert [one["send_queue"] for one in document["sockets"]] == [7]


def test_json_is_the_document_of_the_call(capsys: pytest.CaptureFixture[str], port: int) -> None:
    called = estab.sockets(f"local_port == {port}", owners=True)
    written = json.loads(out_of(capsys, f"local_port == {port}", "--owners", "--json"))
    expected = called.to_dict()
    for document in (written, expected):
        for owner in document["sockets"][0]["owners"]:
            assert abs(owner.pop("started_ns") - called.rows[0].owners[0].started_ns) < 10**9  # the clocks are read anew
    assert written["sockets"] == expected["sockets"] and written.keys() == expected.keys()
    assert [row.local.port for row in called.rows] == [port] and os.getpid() in {owner.pid for owner in called.rows[0].owners}


def test_groups(capsys: pytest.CaptureFixture[str], port: int) -> None:
    assert str(port) in out_of(capsys, "--by", "local_port,state")
    document = json.loads(out_of(capsys, "--by", "state", "--json", "--limit", "1"))
    assert len(document["groups"]) == 1


def test_no_socket(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no socket fits" in out_of(capsys, "peer == 203.0.113.77")
    assert json.loads(out_of(capsys, "peer == 203.0.113.77", "--json"))["sockets"] == []


def test_the_fields_are_listed_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    for language in ("en", "zh"):
        text = out_of(capsys, "--fields", language=language)
        assert all(f"\n{name} " in f"\n{text}" for name in FIELDS)
        assert max(map(width_of, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["state == X"], Exit.UNUSABLE, "filter, column 10: no such state: X"),
        (["--by", "age"], Exit.UNUSABLE, "cannot be grouped by age"),
        (["--by", "state", "--sort", "age"], Exit.UNUSABLE, "only one of --by and --sort"),
        (["--netns", "no-such-namespace"], Exit.UNUSABLE, "no network namespace no-such-namespace"),
        (["--pid", "4194305"], Exit.UNUSABLE, "no process 4194305"),
        (["--limit", "-1"], Exit.UNUSABLE, "--limit must be a whole number, 0 or more"),
    ],
)
def test_mistakes_are_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], status: Exit, said: str) -> None:
    assert run(["--lang", "en", "sockets", *arguments]) == status
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and said in err
