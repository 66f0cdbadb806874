from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from estab.explain.wrap import pad, wrap

TEXTS = st.text(alphabet="ab c，。（）连接状态 ", max_size=60)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, [""]),
        ("one two three", 8, ["one two", "three"]),
        ("one two three", 80, ["one two three"]),
        ("abcdefgh ij", 4, ["abcd", "efgh", "ij"]),
        ("连接被拒绝", 6, ["连接被", "拒绝"]),
        ("收到 SYN 后", 7, ["收到", "SYN 后"]),
        ("连接被拒，重试", 8, ["连接被", "拒，重试"]),  # the comma must not begin a line
        ("状态（半连接）", 6, ["状态", "（半连", "接）"]),  # the bracket must not end one
    ],
)
def test_where_lines_break(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, width) == lines


@given(TEXTS, st.integers(min_value=12, max_value=40))
def test_no_line_is_too_wide_and_nothing_is_lost(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_padding_counts_columns_and_not_characters() -> None:
    assert pad("连接", 6) == "连接  "
    assert pad("ab", 4) == "ab  "
