"""The tool that keeps reviewed reports notices what differs, and its outputs do not depend on where and when they are made."""

from __future__ import annotations

import pathlib

import pytest

from tools import golden

COMMANDS = [["--lang", "en", "explain", "tcp_sack"], ["--lang", "en", "diagnose", "examples/close_wait_leak.server.pcap"]]


@pytest.fixture
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.setattr(golden, "FOLDER", tmp_path)
    monkeypatch.setattr(golden, "pages", lambda: {pathlib.Path("en/some.txt"): COMMANDS})
    return tmp_path


def test_outputs_are_the_same_wherever_and_whenever(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    first = golden.page(COMMANDS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "130")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert golden.page(COMMANDS) == first
    assert "read in 100 ms" in first and first.startswith("$ estab --lang en explain tcp_sack\ntcp_sack  ")
    assert "\x1b" not in first and max(map(len, first.splitlines())) <= 80


def test_a_difference_is_told(folder: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert golden.main(["check"]) == 1
    (folder / "en").mkdir()
    (folder / "en" / "some.txt").write_text(golden.page(COMMANDS).replace("tcp_sack  ", "tcp_sock  "), encoding="utf-8")
    capsys.readouterr()
    assert golden.main(["check"]) == 1
    told = capsys.readouterr().out
    assert "-tcp_sock  Selective" in told and "+tcp_sack  Selective" in told
    assert golden.main(["write"]) == 0 and "some.txt written" in capsys.readouterr().out
    assert golden.main(["check"]) == 0 and capsys.readouterr().out == ""


def test_a_command_that_fails_has_no_report() -> None:
    with pytest.raises(RuntimeError, match="status 2"):
        golden.output_of(["diagnose", "nowhere.pcap"])


def test_every_example_and_each_kind_of_page_is_kept() -> None:
    names = {str(name) for name in golden.pages()}
    for capture in (golden.ROOT / "examples").glob("*.pcap"):
        assert {f"en/{capture.stem}.txt", f"zh_CN/{capture.stem}.txt"} <= names
    assert {"en/explain.txt", "zh_CN/explain.txt"} <= names
