from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

import estab
from estab import api
from estab.cli.exit import Exit
from estab.cli.main import run
from estab.errors import PermissionNeeded
from estab.knobs.declare import Scope
from estab.live import tuning
from estab.live.journal import default_place
from estab.live.tuned import Tuned
from estab.live.tuning import Outcome, Step
from tests.unit.report.test_tune_text import tuned


@pytest.fixture(autouse=True)
def _state(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written outside, and no setting is written at all."""
    monkeypatch.setenv("ESTAB_STATE_DIR", str(tmp_path))

    def forbidden(path: str, value: str) -> None:
        raise PermissionNeeded(f"{path} may not be written here", capability="CAP_NET_ADMIN")

    monkeypatch.setattr(tuning, "write_setting", forbidden)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Tuned:
    """A host that follows bad advice."""
    made = tuned()
    monkeypatch.setattr("estab.live.tuned.read_tuned", lambda **_: made)
    return made


def out_of(capsys: pytest.CaptureFixture[str], *arguments: str, status: Exit = Exit.DONE) -> tuple[str, str]:
    assert run(["--lang", "en", "tune", *arguments]) == status
    return capsys.readouterr()


def test_this_host_is_read_and_not_changed(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = out_of(capsys, "--profile", "long-lived", "-v")
    assert "profile long-lived" in out and "settings read" in out and err == ""


def test_json_is_the_document_of_the_call(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = out_of(capsys, "--profile", "web-edge", "--json")
    expected = estab.tune(profile="web-edge").to_dict()
    document = json.loads(out)
    for one in (document, expected):
        del one["host"]["taken_ns"]
    assert document == expected


def test_only_some_settings(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(out_of(capsys, "--profile", "long-lived", "--only", "tcp_retries2", "--json")[0])
    assert {one["knob"] for one in document["recommendations"]} <= {"tcp_retries2"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--profile", "fast"], "no profile fast; there are busy-client, web-edge, long-lived"),
        (["--only", "tcp_fast"], "no setting tcp_fast"),
        (["--apply", "--undo"], "only one of --apply and --undo"),
        (["--undo", "--profile", "web-edge"], "--undo brings back everything"),
        (["--netns", "no-such-namespace"], "no network namespace no-such-namespace"),
        (["--netns", "x", "--pid", "1"], "only one of --netns and --pid"),
    ],
)
def test_mistakes_are_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    out, err = out_of(capsys, *arguments, status=Exit.UNUSABLE)
    assert out == "" and err.count("\n") == 1 and said in err


def test_a_refusal_has_its_own_status_and_leaves_no_note(capsys: pytest.CaptureFixture[str], found: Tuned, monkeypatch: Any) -> None:
    monkeypatch.setattr(tuning, "read_setting", lambda path: {one.knob.kernel_path: one.old for one in found.recommendations}[path])
    out, err = out_of(capsys, "--apply", status=Exit.NOT_PERMITTED)
    assert out.splitlines()[:2] == [
        "net.ipv4.tcp_abort_on_overflow: 1 → 0  (this network namespace)",
        "  undo: sysctl -w net.ipv4.tcp_abort_on_overflow=1",
    ]
    assert "was not changed" in out and err.count("\n") == 1 and "CAP_NET_ADMIN" in err
    assert json.loads(default_place().read_text(encoding="utf-8"))["changes"] == []


def test_changes_are_told_before_they_are_made_and_can_be_undone(
    capsys: pytest.CaptureFixture[str], found: Tuned, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {one.knob.kernel_path: one.old for one in found.recommendations}
    monkeypatch.setattr(tuning, "read_setting", values.__getitem__)
    monkeypatch.setattr(tuning, "write_setting", values.__setitem__)
    out, _ = out_of(capsys, "--apply")
    assert out.splitlines()[-1] == "  written" and values["net.ipv4.tcp_abort_on_overflow"] == "0"
    out, _ = out_of(capsys, "--undo")
    assert out.splitlines()[0] == "net.ipv4.tcp_abort_on_overflow: 0 → 1  (this network namespace)"
    assert values["net.ipv4.tcp_abort_on_overflow"] == "1"
    assert out_of(capsys, "--undo")[0] == "nothing to undo here\n"


def test_beside_json_changes_are_told_on_stderr(capsys: pytest.CaptureFixture[str], found: Tuned, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {one.knob.kernel_path: one.old for one in found.recommendations}
    monkeypatch.setattr(tuning, "read_setting", values.__getitem__)
    monkeypatch.setattr(tuning, "write_setting", values.__setitem__)
    out, err = out_of(capsys, "--apply", "--json")
    assert [change["outcome"] for change in json.loads(out)["changes"]] == ["written"] and "undo: sysctl -w" in err
    out, err = out_of(capsys, "--undo", "--json")
    assert [change["now"] for change in json.loads(out)["changes"]] == ["1"] and "undo: sysctl -w" in err


def test_nothing_to_change(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    good = tuned(values={"tcp_sack": "1"})
    monkeypatch.setattr("estab.live.tuned.read_tuned", lambda **_: good)
    assert out_of(capsys, "--apply")[0] == "nothing to change\n"


def test_changes_elsewhere_are_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    step = Step(kernel_path="net.ipv4.tcp_sack", scope=Scope.NAMESPACE, old="1", new="0", outcome=Outcome.WRITTEN, now="0")
    monkeypatch.setattr(api, "undo_tuning", lambda **_: ([step], 2))
    assert out_of(capsys, "--undo")[0] == "2 changes of other network namespaces stay noted\n"
