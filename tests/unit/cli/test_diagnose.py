from __future__ import annotations

import json
import pathlib

import pytest

from estab import api
from estab.cli.exit import Exit
from estab.cli.main import run

DATA = pathlib.Path(__file__).resolve().parent.parent.parent / "data" / "captures"
SICK, HEALTHY, WARM = (str(DATA / f"{name}.client.pcap") for name in ("close_wait_leak", "normal_rtt40", "mixed_30"))


def test_a_report_on_stdout_and_nothing_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "en", "diagnose", SICK]) == Exit.DONE
    out, err = capsys.readouterr()
    assert "CRITICAL" in out and "close.close_wait_leak" in out and "read in" in out.replace("\n", " ") and err == ""


def test_json_is_the_document_of_the_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "en", "diagnose", "--json", SICK]) == Exit.DONE
    assert json.loads(capsys.readouterr().out) == api.diagnose(SICK).to_dict()


@pytest.mark.parametrize(
    ("capture", "severity", "status"),
    [(SICK, "critical", 1), (SICK, "info", 1), (WARM, "critical", 0), (WARM, "warning", 1), (HEALTHY, "warning", 0)],
)
def test_a_finding_can_be_a_failure(capture: str, severity: str, status: int) -> None:
    assert run(["diagnose", "--fail-on", severity, "--only", "close.close_wait_leak", capture]) == status


def test_only_and_top_choose(capsys: pytest.CaptureFixture[str]) -> None:
    run(["--lang", "en", "diagnose", "--only", "handshake.refused", "--top", "1", WARM])
    out = capsys.readouterr().out
    assert "handshake.refused" in out and "close_wait" not in out


def test_an_interrupted_reading_prints_what_there_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("estab.cli.screen.Watch.__call__", interrupt)
    assert run(["--lang", "en", "diagnose", WARM]) == Exit.INTERRUPTED
    assert "PARTIAL" in capsys.readouterr().out
