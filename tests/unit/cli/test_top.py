"""`estab top`: what it refuses before a screen opens."""

from __future__ import annotations

import pytest

from estab.cli.exit import Exit
from estab.cli.main import run


@pytest.mark.parametrize(
    ("arguments", "said"), [([], "needs a terminal"), (["--every", "1ms"], "at least 100ms"), (["--every", "soon"], "not a duration")]
)
def test_what_cannot_be_shown(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "en", "top", *arguments]) == Exit.UNUSABLE
    assert said in capsys.readouterr().err
