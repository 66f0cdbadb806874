from __future__ import annotations

import pytest

from tools import check


@pytest.fixture
def two_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    good = check.Check("good", "holds", ("-c", "print('all is well')"))
    bad = check.Check("bad", "does not hold", ("-c", "print('this is why'); raise SystemExit(1)"), slow=True)
    monkeypatch.setattr(check, "CHECKS", (good, bad))


@pytest.mark.usefixtures("two_checks")
def test_a_failing_check_shows_its_output_and_the_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main([]) == 1
    shown = capsys.readouterr().out
    assert "this is why" in shown
    assert "all is well" not in shown
    assert [line.split()[:2] for line in shown.splitlines()[-2:]] == [["ok", "good"], ["FAIL", "bad"]]


@pytest.mark.usefixtures("two_checks")
@pytest.mark.parametrize(("arguments", "names"), [(["--fast"], ["good"]), (["--only", "good"], ["good"])])
def test_checks_are_chosen(arguments: list[str], names: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(arguments) == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == names
