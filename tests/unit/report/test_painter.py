from __future__ import annotations

from estab.report.painter import Painter, Style


def test_colours_only_where_wanted() -> None:
    assert Painter()("x", Style.STRONG) == "x"
    assert Painter(colour=True)("x", Style.CRITICAL) == "\x1b[1;31mx\x1b[0m"
    assert Painter(colour=True)("", Style.CRITICAL) == ""
