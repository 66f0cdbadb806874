"""History on a screen of 80 columns."""

from __future__ import annotations

import pytest

from estab.history.interval import Interval
from estab.history.text import history_text, moment_text
from estab.instant import SECOND_NS
from estab.report.painter import Painter
from estab.report.view import Layout
from estab.text import Translator
from estab.typeset import width_of
from tests.unit.history.test_store import FULL
from tests.unit.history.test_timeline import at, leak

CLOCK = 11524  # 03:12:04


def layout(language: str = "en") -> Layout:
    return Layout(translator=Translator(language), width=80, painter=Painter())


def test_rows_and_findings() -> None:
    told = history_text([at(CLOCK, leak(3)), at(CLOCK + 10, leak(40), established=5000, moved=70), at(CLOCK + 20)], layout()).splitlines()
    assert told[0].startswith("3 intervals from 1970-01-01 03:11:54 UTC")
    assert any(line.startswith("03:12:12") and line.split("  ")[1] == "5\u00a0000" for line in told)
    assert any(line.startswith("WARNING  10.0.0.1:80") and line.endswith("close.close_wait_leak") for line in told)
    assert any(line.strip() == "03:11:54 to 03:12:14  40 sockets" for line in told)


def test_a_gap_is_told() -> None:
    assert "… not recorded …" in history_text([at(CLOCK), at(CLOCK + 600)], layout())


def test_nothing_was_recorded() -> None:
    assert history_text([], layout()) == "nothing was recorded in this time\n"


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_no_line_is_wider_than_the_screen(language: str) -> None:
    intervals = [at(CLOCK + 10 * number, leak(3), established=123456, moved=10**6) for number in range(300)]
    told = history_text(intervals, layout(language)) + moment_text(FULL, intervals[:5], layout(language))
    assert [line for line in told.splitlines() if width_of(line) > 80] == []


def test_a_moment_whole() -> None:
    quiet = [Interval(from_ns=number * SECOND_NS, to_ns=(number + 1) * SECOND_NS, moved={"Tcp.OutSegs": 7}) for number in range(3)]
    told = moment_text(FULL, quiet, layout())
    assert "129 of 128" in told and "7 ESTABLISHED, 2 CLOSE-WAIT" in told and "31\u00a0000" in told
    assert "TcpExt.ListenOverflows" in told.split("Unusual then")[1]
