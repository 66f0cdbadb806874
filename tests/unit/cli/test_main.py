from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

from estab.cli import main as front
from estab.cli.exit import Exit
from estab.cli.main import language_asked_for, run
from estab.errors import InputError, PermissionNeeded

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
CAPTURE = str(ROOT / "tests" / "data" / "captures" / "mixed_30.client.pcap")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["diagnose", "nowhere.pcap"], "nowhere.pcap: no such file"),
        (["diagnose", "--nonsense"], "see estab diagnose --help"),
        (["trace"], "CAPTURE"),
        (["nonsense"], "nonsense"),
        (["diagnose", "--for", "1s", CAPTURE], "go without captures"),
        (["diagnose", "-", "-"], "only once"),
        (["diagnose", "--only", "no.code", CAPTURE], "no.code"),
        (["trace", "--conn", "30", CAPTURE], "there are 30"),
        (["trace", "--json", "--csv", CAPTURE], "only one of"),
        (["trace", "--state", "nonsense", CAPTURE], "TIME-WAIT"),
        (["explain", "nonsense-upon-nonsense"], "no page"),
        (["explain"], "--list"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_status_2(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "en", *arguments]) == Exit.UNUSABLE
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("estab: ") and err.count("\n") == 1 and says in err


def test_errors_speak_the_readers_language(capsys: pytest.CaptureFixture[str]) -> None:
    run(["--lang", "zh", "diagnose", "--for", "1s", "nowhere.pcap"])
    assert "本机" in capsys.readouterr().err
    run(["--lang", "zh", "diagnose", "nowhere.pcap"])
    assert capsys.readouterr().err == "estab: nowhere.pcap：文件不存在\n"


def test_a_damaged_beginning_is_told_with_its_offset(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise InputError("the file ends within its header", path="a.pcap", offset=12)

    monkeypatch.setattr("estab.api.analyse", refuse)
    assert run(["--lang", "en", "diagnose", CAPTURE]) == Exit.UNUSABLE
    assert capsys.readouterr().err == "estab: a.pcap: the file ends within its header (at byte 12)\n"


def test_a_refusal_of_the_world_has_its_own_status(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionNeeded("sockets cannot be read", capability="CAP_NET_ADMIN")

    monkeypatch.setattr("estab.api.analyse", refuse)
    assert run(["diagnose", CAPTURE]) == Exit.NOT_PERMITTED
    assert "CAP_NET_ADMIN" in capsys.readouterr().err


def test_an_interrupt_outside_of_reading_has_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("estab.api.analyse", interrupt)
    assert run(["diagnose", CAPTURE]) == Exit.INTERRUPTED


def test_the_program_alone_shows_its_help_and_asks_for_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == Exit.UNUSABLE
    assert "diagnose" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    from estab import __version__

    assert run(["--version"]) == Exit.DONE
    assert capsys.readouterr().out == f"estab {__version__}\n"


@pytest.mark.parametrize(
    ("words", "language"),
    [
        (["--lang", "zh", "trace"], "zh_CN"),
        (["--lang=zh_CN"], "zh_CN"),
        (["--lang", "en"], "en"),
        (["--lang", "fr"], "en"),
        (["--lang"], "en"),
        (["trace"], "en"),
    ],
)
def test_the_language_of_the_command_line(words: list[str], language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert language_asked_for(words) == language


def test_the_language_of_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert language_asked_for(["trace"]) == "zh_CN"


def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = [sys.executable, "-m", "estab", "trace", "--jsonl", CAPTURE]
    with subprocess.Popen(command, cwd=ROOT / "src", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None and program.stderr is not None
        program.stdout.read(1)
        program.stdout.close()
        assert program.stderr.read() == b""
    assert program.returncode == Exit.DONE


def test_main_ends_the_process_with_the_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "run", lambda _: Exit.FOUND)
    with pytest.raises(SystemExit) as ended:
        front.main([])
    assert ended.value.code == 1
