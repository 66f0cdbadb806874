"""Filters: what is understood, and where exactly one is wrong."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estab.live.expression import DEEPEST, Comparison, Either, Every, ExpressionError, Node, Not, Operator, fields_of, parse
from estab.live.literals import LiteralError
from estab.text import Translator, msg

FIELDS = {"state", "age", "port", "process"}


def resolve(name: str) -> str | None:
    return name if name in FIELDS else None


def read_value(name: str, operator: Operator, text: str) -> Any:
    if text == "bad":
        raise LiteralError(msg("{text} is no port", text=text))
    return text


def tree(text: str) -> Node:
    return parse(text, resolve, read_value)


def equal(name: str, *values: str) -> Comparison:
    return Comparison(name, Operator.EQUAL, values)


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("port == 80", equal("port", "80")),
        ("port=80", equal("port", "80")),
        ("state==CLOSE-WAIT", equal("state", "CLOSE-WAIT")),
        ("age >= 1m", Comparison("age", Operator.AT_LEAST, ("1m",))),
        ("age<1m", Comparison("age", Operator.LESS, ("1m",))),
        ("process ~ '^a b|c$'", Comparison("process", Operator.MATCHES, ("^a b|c$",))),
        ('process !~ "x"', Comparison("process", Operator.MATCHES_NOT, ("x",))),
        ("port in (80, 443)", equal("port", "80", "443")),
        ("port not in (80)", Not(equal("port", "80"))),
        ("not port == 80", Not(equal("port", "80"))),
        ("!port == 80", Not(equal("port", "80"))),
        ("! ! port == 80", Not(Not(equal("port", "80")))),
        ("port==1 and port==2 or port==3", Either((Every((equal("port", "1"), equal("port", "2"))), equal("port", "3")))),
        ("port==1 && (port==2 || port==3)", Every((equal("port", "1"), Either((equal("port", "2"), equal("port", "3")))))),
        ("not port==1 AND port==2", Every((Not(equal("port", "1")), equal("port", "2")))),
        ("process == 'and'", equal("process", "and")),
        ("  port==[::1]:80  ", equal("port", "[::1]:80")),
    ],
)
def test_what_is_understood(text: str, node: Node) -> None:
    assert tree(text) == node


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 1, "expected a field, but the filter ends here"),
        ("port == 80 an age > 1m", 12, "expected and, or, or the end, not an"),
        ("port ==", 8, "expected a value, but the filter ends here"),
        ("port", 5, "expected a comparison such as == or >, but the filter ends here"),
        ("port 80", 6, "expected a comparison such as == or >, not 80"),
        ("port == == 80", 9, "expected a value, not =="),
        ("colour == red", 1, "no such field: colour"),
        ("port == 80 and colour == red", 16, "no such field: colour"),
        ("(port == 80", 12, "the bracket of column 1 is not closed"),
        ("port == 80)", 11, "expected and, or, or the end, not )"),
        ("port in 80", 9, "expected ( behind in, not 80"),
        ("port in (80 443)", 13, "expected , or ), not 443"),
        ("port not 80", 10, "expected in, not 80"),
        ("process == 'x", 12, "a quote that does not end"),
        ("port & 80", 6, "& has no meaning here"),
        ("port == bad", 9, "bad is no port"),
        ("port in (80, bad)", 14, "bad is no port"),
        ("'port' == 80", 1, "expected a field, not port"),
        ("and port == 80", 1, "no such field: and"),
    ],
)
def test_where_one_is_wrong(text: str, column: int, said: str) -> None:
    with pytest.raises(ExpressionError) as problem:
        tree(text)
    assert problem.value.column == column
    assert str(problem.value).startswith(f"filter, column {column}: {said}")


def test_errors_are_told_in_chinese() -> None:
    with pytest.raises(ExpressionError) as problem:
        tree("port ==")
    assert "第 8 列" in Translator("zh_CN")(problem.value.args[0])


@pytest.mark.parametrize("opening", ["(", "not ", "!"])
def test_depth_is_bounded(opening: str) -> None:
    with pytest.raises(ExpressionError, match="nested too deep"):
        tree(opening * (DEEPEST + 2) + "port == 80")


def test_the_fields_of_a_filter() -> None:
    assert fields_of(tree("port == 80 and not (age > 1 or state in (A, B))")) == {"port", "age", "state"}


@given(st.text(alphabet="port age=<>!~()'\",&| in not and or 80\t", max_size=40))
def test_whatever_is_written_ends_in_a_tree_or_an_error_in_its_place(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        tree(text)
        return
    with pytest.raises(ExpressionError) as problem:
        tree(text)
    assert 1 <= problem.value.column <= len(text) + 1
