from __future__ import annotations

from estab.drill.result import Drill
from estab.drill.runner import run_script
from estab.text import Translator

GOOD, BROKEN = run_script("0 `true`"), run_script("0 ?")
BAD = run_script('0 `grep " 0A " /proc/net/tcp`')


def test_what_a_drill_came_to() -> None:
    assert (Drill(GOOD).passed, Drill(GOOD).failed) == (True, False)
    assert (Drill(GOOD + BAD).passed, Drill(GOOD + BAD).failed) == (False, True)
    assert (Drill(GOOD + BROKEN).passed, Drill(GOOD + BROKEN).failed) == (False, False)


def test_document() -> None:
    assert Drill(GOOD).to_dict()["count"] == {"passed": 3, "failed": 0, "unusable": 0}
    assert Drill(GOOD).to_dict(Translator("zh_CN"))["language"] == "zh_CN"
