from __future__ import annotations

import numpy as np
import pytest

from estab.report import trace_text
from estab.typeset import width_of
from tests.rules.conversation import Capture
from tests.unit.report.analyses import analysis_of, layout, leak_and_refusal


def table(capture: Capture, language: str = "en", *, width: int = 80, left_out: int = 0, rows: list[int] | None = None) -> str:
    analysis = analysis_of(capture)
    chosen = np.arange(analysis.connections.count) if rows is None else np.array(rows, np.int64)
    return "".join(trace_text.trace_lines(analysis, chosen, left_out, layout(language, width=width)))


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("width", [80, 100, 160])
def test_no_line_is_wider_than_the_screen(language: str, width: int) -> None:
    assert [line for line in table(leak_and_refusal(), language, width=width).splitlines() if width_of(line) > width] == []


def test_a_wide_screen_has_a_line_for_each_connection() -> None:
    lines = table(leak_and_refusal(), width=160).splitlines()
    leak = next(line for line in lines if line.startswith("0 "))
    assert leak.split() == [
        "0", "10.0.0.1:40001", "10.0.0.2:80", "7", "110", "0", "41.1", "ms", "open",
        "FIN-WAIT-1|FIN-WAIT-2", "/", "CLOSE-WAIT", "close.close_wait_leak",
    ]  # fmt: skip


def test_columns_are_aligned_whatever_the_language() -> None:
    lines = table(leak_and_refusal(), "zh_CN", width=160).splitlines()[2:]
    place = {width_of(line[: line.index("10.0.0.2:8")]) for line in lines if "10.0.0.2:8" in line}
    assert len(place) == 1 and width_of(lines[0][: lines[0].index("服务端")]) in place


def test_a_narrow_screen_has_two_lines_with_the_states_in_the_second() -> None:
    lines = table(leak_and_refusal()).splitlines()
    leak = next(number for number, line in enumerate(lines) if line.startswith("0 "))
    assert lines[leak + 1] == "    FIN-WAIT-1|FIN-WAIT-2 / CLOSE-WAIT  close.close_wait_leak"


def test_repetitions_are_told_in_the_second_line() -> None:
    capture = Capture()
    capture.talk().client("S").wait("1s").client("S", again=True)
    assert " · 1 resent\n" in table(capture)


def test_long_addresses_are_shortened_not_the_numbers() -> None:
    capture = Capture()
    capture.talk("[2001:db8:1111:2222:3333:4444:5555:6666]", "[2001:db8:1111:2222:3333:4444:5555:7777]:443").open()
    lines = table(capture).splitlines()
    assert all(width_of(line) <= 80 for line in lines) and any("…" in line and ":443" in line and " open" in line for line in lines)


def test_an_empty_table_says_why() -> None:
    assert "no TCP connection in it" in table(Capture())
    assert "no connection fits" in table(leak_and_refusal(), rows=[])


def test_what_is_left_out_is_counted() -> None:
    assert table(leak_and_refusal(), rows=[0], left_out=7).endswith("… and 7 more (--limit)\n")


@pytest.mark.parametrize("width", [80, 160])
def test_many_rows_are_made_in_parts_and_look_the_same(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    capture = Capture()
    for number in range(7):
        capture.talk().open().client("PA", data=10**number).close()
    whole = table(capture, width=width)
    monkeypatch.setattr(trace_text, "ROWS_AT_ONCE", 3)
    assert table(capture, width=width) == whole and whole.count("10.0.0.2:80") == 7
