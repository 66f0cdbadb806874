from __future__ import annotations

import pytest

from estab.drill.source import ScriptError
from estab.drill.tokens import Kind, tokenize


def kinds(text: str) -> list[tuple[Kind, str]]:
    return [(token.kind, token.text) for token in tokenize(text)[:-1]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+0...0.200", [(Kind.MARK, "+"), (Kind.INTEGER, "0"), (Kind.MARK, "..."), (Kind.FRACTION, "0.200")]),
        ("+.1...2", [(Kind.MARK, "+"), (Kind.FRACTION, ".1"), (Kind.MARK, "..."), (Kind.INTEGER, "2")]),
        ("SE.", [(Kind.WORD, "SE"), (Kind.MARK, ".")]),
        ("FO 3021b9d8", [(Kind.WORD, "FO"), (Kind.WORD, "3021b9d8")]),
        ("FO 12345678", [(Kind.WORD, "FO"), (Kind.INTEGER, "12345678")]),
        ("= 0x2", [(Kind.MARK, "="), (Kind.HEXADECIMAL, "0x2")]),
        ("--local_ip=192.168.0.2 0", [(Kind.OPTION, "--local_ip=192.168.0.2"), (Kind.INTEGER, "0")]),
        ('--define=CC="reno"', [(Kind.OPTION, '--define=CC="reno"')]),
        ("`a\n b`", [(Kind.SHELL, "a\n b")]),
        ("%{ a }%", [(Kind.CODE, " a ")]),
        (r'"a\"b"', [(Kind.STRING, r"a\"b")]),
        ("1 // x\n/* y\n z */ 2", [(Kind.INTEGER, "1"), (Kind.INTEGER, "2")]),
        ("192.0.2.1", [(Kind.ADDRESS, "192.0.2.1")]),
    ],
)
def test_kinds(text: str, expected: list[tuple[Kind, str]]) -> None:
    assert kinds(text) == expected


def test_places_count_lines_and_columns_from_one() -> None:
    tokens = tokenize("0 a\n  /* two\n */ b\n`x\ny` c")
    assert [(token.text, token.place.line, token.place.column) for token in tokens] == [
        ("0", 1, 1),
        ("a", 1, 3),
        ("b", 3, 5),
        ("x\ny", 4, 1),
        ("c", 5, 4),
        ("", 5, 5),
    ]


def test_it_is_kept_whether_something_stands_between() -> None:
    assert [token.follows_space for token in tokenize("S. .")] == [True, False, True, True]


@pytest.mark.parametrize(("text", "what"), [("0 `x", "`"), ('0 "x', '"'), ("0 %{ x", "}%"), ("0 /* x", "*/")])
def test_what_never_closes_is_told_where_it_opens(text: str, what: str) -> None:
    with pytest.raises(ScriptError) as caught:
        tokenize(text, "a.pkt")
    assert str(caught.value).startswith("a.pkt:1:3: ") and what in str(caught.value)
