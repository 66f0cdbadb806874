from __future__ import annotations

import pytest

from estab.drill.cursor import Cursor
from estab.drill.source import ScriptError
from estab.drill.tokens import Kind, tokenize
from estab.text import msg


def cursor(text: str, **defines: str) -> Cursor:
    return Cursor(tokenize(text, "a.pkt"), "a.pkt", defines)


def test_taking_and_skipping() -> None:
    row = cursor("a = 5")
    assert row.at("a", "=") and not row.skip("b") and row.skip("a")
    row.expect("=")
    assert row.integer(msg("x")) == 5
    assert row.peek().kind is Kind.END
    assert row.take().kind is row.take().kind is Kind.END


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [("12", Kind.INTEGER, "12"), ('"x y"', Kind.STRING, "x y"), ("`ls`", Kind.SHELL, "ls"), ("3021b9", Kind.WORD, "3021b9")],
)
def test_a_defined_word_stands_for_its_value(value: str, kind: Kind, text: str) -> None:
    token = cursor("W", W=value).take()
    assert (token.kind, token.text) == (kind, text)


def test_a_word_in_quotes_is_no_defined_word() -> None:
    assert cursor('"W"', W="12").take().text == "W"


def test_what_was_expected_and_what_was_found() -> None:
    with pytest.raises(ScriptError, match=r'a\.pkt:2:1: expected "\)" here, not "x"'):
        cursor("\nx").expect(")")
    with pytest.raises(ScriptError, match="expected x here, not the end of the script"):
        cursor("").integer(msg("x"))


@pytest.mark.parametrize(("number", "fits"), [("0", False), ("1", True), ("7", True), ("8", False)])
def test_bounds_of_integers(number: str, fits: bool) -> None:
    if fits:
        assert cursor(number).integer(msg("x"), 1, 7) == int(number)
    else:
        with pytest.raises(ScriptError, match="must lie between 1 and 7"):
            cursor(number).integer(msg("x"), 1, 7)
