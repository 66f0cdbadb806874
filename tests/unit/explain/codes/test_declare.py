from __future__ import annotations

import pytest

from estab.explain.codes.declare import CodePage, Place, SeenFrom, Severity, Step
from estab.text import Text, msg


def _page(*steps: Step, live: tuple[Text, ...]) -> CodePage:
    return CodePage(
        code="a.b",
        severity=Severity.INFO,
        seen_from=SeenFrom.LIVE,
        title=msg("t"),
        what=msg("w"),
        why=msg("y"),
        live=live,
        do=steps,
        references=("r",),
    )


def test_steps_must_stand_in_safe_order() -> None:
    first, last = Step(Place.APPLICATION, msg("a")), Step(Place.KERNEL, msg("b"))
    assert _page(first, last, live=(msg("l"),)).do == (first, last)
    with pytest.raises(AssertionError, match="safe order"):
        _page(last, first, live=(msg("l"),))


def test_a_page_must_say_what_to_look_at() -> None:
    with pytest.raises(AssertionError, match="nothing to look at"):
        _page(live=())
