from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estab.report.layout import Painter, Style, ends, hang, pad, shorten, width_of, wrap

TEXTS = st.text(alphabet=st.sampled_from("ab c连接状态，。（）\u00a0é\u0301·"), max_size=60)


@pytest.mark.parametrize(("text", "width"), [("", 0), ("abc", 3), ("连接", 4), ("é", 1), ("e\u0301", 1), ("，", 2), ("·→µ", 3)])
def test_width_on_the_screen(text: str, width: int) -> None:
    assert width_of(text) == width


@given(TEXTS, st.integers(4, 40))
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(width_of(line) <= width for line in lines)
    assert "".join("".join(lines).split(" ")) == text.replace(" ", "")


def test_a_number_with_no_break_spaces_stays_whole() -> None:
    assert wrap("seen 1\u00a0204\u00a0332 packets", 12) == ["seen", "1\u00a0204\u00a0332", "packets"]


def test_chinese_breaks_anywhere_but_not_before_its_full_stop() -> None:
    assert wrap("连接状态。", 8) == ["连接状", "态。"]


def test_padding_counts_columns() -> None:
    assert pad("连", 4) == "连  " and pad("连", 4, right=True) == "  连" and pad("long", 2) == "long"


@given(TEXTS, st.integers(3, 20))
def test_shortened_texts_fit(text: str, width: int) -> None:
    short = shorten(text, width)
    assert width_of(short) <= width
    assert (short == text) is (width_of(text) <= width)


def test_both_ends_of_a_line_or_two_lines() -> None:
    assert ends("left", "right", 12) == ["left   right"]
    assert ends("left", "right", 10) == ["left", "  right"]


def test_a_label_hangs_before_its_text() -> None:
    assert hang("证据", "one two", indent=2, label_width=6, width=12) == ["  证据  one", "        two"]


def test_colours_only_where_wanted() -> None:
    assert Painter()("x", Style.STRONG) == "x"
    assert Painter(colour=True)("x", Style.CRITICAL) == "\x1b[1;31mx\x1b[0m"
