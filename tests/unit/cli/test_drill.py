from __future__ import annotations

import json
import pathlib

import pytest

import estab
from estab.cli.exit import Exit
from estab.cli.main import run
from estab.errors import InputError, MisuseError
from tests.unit.drill.playing import CONNECTED

WRONG = f"{CONNECTED}\n   +0 write(4, ..., 10) = 11"


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "good.pkt").write_text(CONNECTED)
    (tmp_path / "wrong.pkt").write_text(WRONG)
    (tmp_path / "broken.pkt").write_text("0 ?")
    return tmp_path


@pytest.mark.parametrize(
    ("names", "status"),
    [(["good.pkt"], Exit.DONE), (["good.pkt", "wrong.pkt"], Exit.FOUND), (["good.pkt", "broken.pkt"], Exit.UNUSABLE), ([""], Exit.FOUND)],
)
def test_status(folder: pathlib.Path, names: list[str], status: Exit) -> None:
    assert run(["--lang", "en", "drill", *[str(folder / name) for name in names]]) == status


def test_both_languages(folder: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["--lang", "en", "drill", str(folder)])
    english = capsys.readouterr().out
    assert "the call gave another result" in english and f"{folder}/broken.pkt:1:3: expected a packet" in english
    assert english.splitlines()[-1] == "3 scripts: passed 1 · FAILED 1 · unusable 1"
    run(["--lang", "zh", "drill", str(folder)])
    assert "调用的返回值与脚本不符" in capsys.readouterr().out


def test_json(folder: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["drill", "--json", "--ip-version", "ipv6", str(folder / "wrong.pkt")]) == Exit.FOUND
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "estab.drill/1" and [entry["ip_version"] for entry in document["runs"]] == ["ipv6"]
    assert (document["runs"][0]["failure"]["expected"], document["runs"][0]["failure"]["actual"]) == ("11", "10")


def test_settings(folder: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["drill", "--set", "tcp_sack=0", str(folder / "good.pkt")]) == Exit.DONE
    for wrong in ("tcp_sack", "unheard=1", "tcp_sack=x"):
        assert run(["drill", "--set", wrong, str(folder / "good.pkt")]) == Exit.UNUSABLE


def test_files_that_cannot_be_read(tmp_path: pathlib.Path) -> None:
    assert run(["drill", str(tmp_path / "nothing.pkt")]) == Exit.UNUSABLE
    assert run(["drill", str(tmp_path)]) == Exit.UNUSABLE
    assert run(["drill"]) == Exit.UNUSABLE


def test_the_verb_as_a_function(folder: pathlib.Path) -> None:
    result = estab.drill(folder / "good.pkt", ip_versions=["ipv4"])
    assert result.passed and len(result.runs) == 1
    with pytest.raises(InputError):
        estab.drill(folder / "nothing.pkt")
    with pytest.raises(MisuseError):
        estab.drill(folder / "good.pkt", settings=["x"])
