from __future__ import annotations

import json
import pathlib

import pytest

from estab import api
from estab.cli.exit import Exit
from estab.cli.lab import settings_of
from estab.cli.main import run
from estab.errors import MisuseError
from estab.lab.library import names


def out_of(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = Exit.DONE) -> str:
    assert run(["--lang", "en", "lab", *arguments]) == status
    out, err = capsys.readouterr()
    assert err == ""
    return out


def error_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["--lang", "en", "lab", *arguments]) == Exit.UNUSABLE
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    lines = out_of(capsys, "list").splitlines()
    assert [line.split()[0] for line in lines if line and not line.startswith((" ", "estab"))] == list(names())
    assert any(line.startswith("refused ") and line.endswith("Connection refused") for line in lines)


def test_the_list_by_behaviour(capsys: pytest.CaptureFixture[str]) -> None:
    lines = out_of(capsys, "list", "--behaviours").splitlines()
    assert any(line.split() == ["opening.refused", "refused"] for line in lines), lines
    assert not any(line.strip() and len(line.split()) < 2 for line in lines), "each has a scenario"


def test_the_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(out_of(capsys, "list", "--json"))
    assert document["schema"] == "estab.lab_list/1"
    entry = {entry["name"]: entry for entry in document["scenarios"]}["refused"]
    assert entry["behaviours"] == ["opening.refused"] and entry["findings"] == ["handshake.refused"] and entry["twin"] == {"listens": True}


def test_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert "handshake.refused, as expected" in out_of(capsys, "run", "refused")


def test_a_run_as_json_is_the_document_of_the_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(out_of(capsys, "run", "refused", "--json", "--seed", "3")) == json.loads(
        json.dumps(api.lab_run("refused", seed=3).to_dict())
    )


def test_the_twin_and_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no warning, as expected" in out_of(capsys, "run", "refused", "--twin")
    out = out_of(capsys, "run", "refused", "--set", "attempts=1", "--set", "client.tcp_syn_retries=1")
    assert "nothing is expected" in out


def test_the_capture_can_be_diagnosed_as_any_other(capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path) -> None:
    path = tmp_path / "refused.pcapng"
    out_of(capsys, "run", "refused", "--pcap", str(path))
    assert [finding.code for finding in api.diagnose(path).findings] == ["handshake.refused"]


def test_ladder_timeline_and_another_connection(capsys: pytest.CaptureFixture[str]) -> None:
    out = out_of(capsys, "run", "refused", "--ladder", "--timeline", "--conn", "2")
    assert "connection 2:" in out and "|------" in out and "connect(10.0.0.2:80) = ECONNREFUSED" in out


SCENARIO = """
from estab.lab.scenario import Scenario
from estab.lab.stage import pair
SCENARIO = Scenario(title="mine", paragraph="a test", lasts="1s", findings=(), parameters={})
async def client(host):
    (await host.connect("10.0.0.2", 80)).close()
def build(world, given):
    net = pair(world)
    net.client.run(client)
"""


def test_a_file_of_ones_own_whose_declaration_is_wrong(capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(SCENARIO, encoding="utf-8")
    assert "handshake.refused; expected no warning" in out_of(capsys, "run", str(path), status=Exit.FOUND)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "nothing"), "no scenario nothing"),
        (("run", "nothing.py"), "nothing.py: no such file"),
        (("run", "refused", "--set", "attempts"), "--set takes NAME=VALUE, not attempts"),
        (("run", "refused", "--set", "somaxconn=many"), "takes numbers"),
        (("run", "refused", "--conn", "9"), "no connection 9; there are 3"),
        (("run", "refused", "--pcap", "/nowhere/x.pcapng"), "/nowhere/x.pcapng: No such file or directory"),
    ],
)
def test_mistakes(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str) -> None:
    assert words in error_of(capsys, *arguments)


def test_settings_are_split_at_the_first_equals_sign() -> None:
    assert settings_of(("a=1", " b = x=y ")) == {"a": "1", "b": "x=y"}
    with pytest.raises(MisuseError):
        settings_of(("=1",))
