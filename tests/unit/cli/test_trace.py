from __future__ import annotations

import csv
import json
import pathlib

import pytest

from estab import api
from estab.cli.exit import Exit
from estab.cli.main import run

DATA = pathlib.Path(__file__).resolve().parent.parent.parent / "data" / "captures"
CAPTURE = str(DATA / "mixed_30.client.pcap")


def out_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["--lang", "en", "trace", *arguments, CAPTURE]) == Exit.DONE
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_json_is_the_document_of_the_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(out_of(capsys, "--json")) == api.trace(CAPTURE).to_dict()


def test_json_of_no_connection_is_a_document_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(out_of(capsys, "--json", "--endpoint", "192.0.2.1"))["connections"] == []


def test_json_lines_and_csv_have_a_line_for_each_connection(capsys: pytest.CaptureFixture[str]) -> None:
    assert [json.loads(line)["id"] for line in out_of(capsys, "--jsonl").splitlines()] == list(range(30))
    assert [row["id"] for row in csv.DictReader(out_of(capsys, "--csv").splitlines())] == [str(row) for row in range(30)]


def test_the_table_and_its_limit(capsys: pytest.CaptureFixture[str]) -> None:
    assert "… and 28 more" in out_of(capsys, "--limit", "2")
    assert "more" not in out_of(capsys, "--limit", "0")


def test_choosing_and_sorting(capsys: pytest.CaptureFixture[str]) -> None:
    lines = out_of(capsys, "--jsonl", "--finding", "close.close_wait_leak", "--sort", "-id").splitlines()
    assert [json.loads(line)["id"] for line in lines] == [25, 22, 21, 16]


def test_one_connection_whole(capsys: pytest.CaptureFixture[str]) -> None:
    text = out_of(capsys, "--conn", "16")
    assert "connection 16: " in text and "[S.] seq 0, ack 1" in text and "server CLOSE-WAIT" in text
    assert "->|" in out_of(capsys, "--conn", "16", "--ladder")
    assert [connection["id"] for connection in json.loads(out_of(capsys, "--conn", "16", "--json"))["connections"]] == [16]


def test_several_captures_are_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trace", "--json", CAPTURE, str(DATA / "refused.client.pcap")]) == Exit.DONE
    assert json.loads(capsys.readouterr().out)["capture"]["connections"] == 34
