from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from estab.typeset import aligned, ends, hang, pad, shorten, widest, width_of, wrap

TEXTS = st.text(alphabet=st.sampled_from("ab c1 9连接状态，。（）\u00a0é\u0301·s"), max_size=60)


@pytest.mark.parametrize(("text", "width"), [("", 0), ("abc", 3), ("连接", 4), ("é", 1), ("e\u0301", 1), ("，", 2), ("·→µ", 3)])
def test_width_on_the_screen(text: str, width: int) -> None:
    assert width_of(text) == width


@given(TEXTS)
def test_width_is_what_another_program_counts(text: str) -> None:
    assert width_of(text) == cell_len(text)


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
        ("连接状态。", 8, ["连接状", "态。"]),
    ],
)
def test_where_lines_break(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, width) == lines


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("seen 1\u00a0204\u00a0332 here", 12, ["seen", "1\u00a0204\u00a0332", "here"]),
        ("waited for 19 s, then", 13, ["waited for", "19 s, then"]),
        ("lasted 2 min 14 s", 12, ["lasted", "2 min 14 s"]),
        ("see RFC 9293", 8, ["see", "RFC 9293"]),
        ("x (packets 3, 4)", 11, ["x", "(packets 3,", "4)"]),
        ("其中 3 个连接", 8, ["其中", "3 个连接"]),
        ("见报文 76 和连接", 10, ["见报", "文 76 和连", "接"]),
        ("12 apples", 4, ["12", "appl", "es"]),  # not a unit
        ("12 bytes", 5, ["12", "bytes"]),  # no room for both: rather apart than cut
    ],
)
def test_a_number_stays_with_its_unit(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, width) == lines


@given(TEXTS, st.integers(4, 40))
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(width_of(line) <= width for line in lines)
    assert "".join("".join(lines).split(" ")) == text.replace(" ", "")


def test_padding_counts_columns() -> None:
    assert pad("连", 4) == "连  " and pad("连", 4, right=True) == "  连" and pad("long", 2) == "long"


@given(TEXTS, st.integers(3, 20))
def test_shortened_texts_fit(text: str, width: int) -> None:
    short = shorten(text, width)
    assert width_of(short) <= width
    assert (short == text) is (width_of(text) <= width)


@given(st.text(alphabet="ab:.", max_size=30), st.integers(3, 20))
def test_plain_letters_are_shortened_as_others_are(text: str, width: int) -> None:
    assert shorten(text + "é", width).replace("é", "e") == shorten(text + "e", width)


@given(st.lists(TEXTS, max_size=8), st.integers(3, 20), st.booleans())
def test_a_column_is_aligned_as_each_of_its_texts_is(texts: list[str], width: int, right: bool) -> None:
    lines = aligned(texts, width, right=right)
    assert lines == [pad(shorten(text, width), width, right=right) for text in texts]
    assert widest(texts) == max(map(cell_len, texts), default=0)


def test_both_ends_of_a_line_or_two_lines() -> None:
    assert ends("left", "right", 12) == ["left   right"]
    assert ends("left", "right", 10) == ["left", "  right"]


def test_a_label_hangs_before_its_text() -> None:
    assert hang("证据", "one two", indent=2, label_width=6, width=12) == ["  证据  one", "        two"]
