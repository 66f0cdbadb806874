from __future__ import annotations

from dataclasses import replace

import pytest

from estab.api import lab_run
from estab.report.painter import Painter
from estab.report.rehearsal_text import rehearsal_text
from estab.report.view import Layout
from estab.text import Translator
from estab.typeset import width_of


def layout(language: str = "en", width: int = 80) -> Layout:
    return Layout(translator=Translator(language), width=width, painter=Painter())


def test_what_the_report_says() -> None:
    text = rehearsal_text(lab_run("refused").rehearsal, layout())
    assert text.startswith("refused   Connection refused\n") and "\n  Look    the RST acknowledges" in text
    assert "Result  connect(): ECONNREFUSED" in text and "connection 0: 10.0.0.1:" in text
    assert "handshake.refused, as expected" in text and "what the scenario asserts holds" in text
    assert "  0.000000" not in text.split("connection 0")[0]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", ["refused", "four_segment_close", "keepalive_dead_peer"])
def test_no_line_is_wider_than_the_screen(name: str, language: str) -> None:
    text = rehearsal_text(lab_run(name).rehearsal, layout(language), ladder=True, timeline=True)
    lines = [line for line in text.splitlines() if not line.lstrip().startswith(("Look ", "查看 ", "estab ", "Wireshark"))]
    assert [line for line in lines if width_of(line) > 80] == []


def test_the_timeline_tells_when_where_and_what() -> None:
    lines = rehearsal_text(lab_run("keepalive_dead_peer").rehearsal, layout(), timeline=True).splitlines()
    assert any(
        line.split() == ["35.000000", "server", "power", "off:", "nothing", "is", "sent,", "nothing", "is", "answered"] for line in lines
    )
    assert any("timer, keepalive probe: 10.0.0.1:" in line for line in lines)


def test_what_is_wrong_is_told() -> None:
    rehearsal = lab_run("refused").rehearsal
    changed = replace(
        rehearsal, expected=frozenset({"a.b"}), disagreements=["packet 3: client is in X"], problem="only 3", compared=9
    )  # fmt: skip
    text = rehearsal_text(changed, layout())
    assert "handshake.refused; expected a.b" in text and "1 of 9 true states is missing" in text
    assert "packet 3: client is in X" in text and "fails: only 3" in text
    assert "nothing is expected" in rehearsal_text(replace(rehearsal, expected=None), layout())


def test_a_ladder_and_a_run_without_packets() -> None:
    rehearsal = lab_run("refused").rehearsal
    assert "|------" in rehearsal_text(rehearsal, layout(), ladder=True)
    rehearsal.keeper.packets.clear()
    assert "client states" not in rehearsal_text(rehearsal, layout())
