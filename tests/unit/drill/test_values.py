from __future__ import annotations

import pytest

from estab.drill.cursor import Cursor
from estab.drill.script import AnyOf, Anything, Bytes, Fields, Items, Made, Name, Number, Value
from estab.drill.source import ScriptError
from estab.drill.tokens import tokenize
from estab.drill.values import parse_value


def value(text: str) -> Value:
    return parse_value(Cursor(tokenize(text), "a.pkt", {}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("...", Anything()),
        ("-1", Number(-1)),
        ("0x2", Number(2)),
        ("O_RDWR | O_NONBLOCK", AnyOf((Name("O_RDWR"), Name("O_NONBLOCK")))),
        (r'"\xf7a\n"', Bytes(b"\xf7a\n")),
        ('"a" "b"', Bytes(b"ab")),
        ('"a"...', Bytes(b"a", open_ended=True)),
        ("[1, A]", Items((Number(1), Name("A")))),
        ("[]", Items(())),
        ("{..., 40}", Items((Anything(), Number(40)))),
        ("{onoff=1, linger=0}", Fields({"onoff": Number(1), "linger": Number(0)})),
        (
            "{msg_name(...)=..., msg_iov(1)=[{...,4}]}",
            Fields({"msg_name": Anything(), "msg_iov": Items((Items((Anything(), Number(4))),))}),
        ),
        ("htons(80)", Made("htons", Number(80))),
        ('{sin_addr=inet_addr("1.2.3.4")}', Fields({"sin_addr": Made("inet_addr", Bytes(b"1.2.3.4"))})),
    ],
)
def test_values(text: str, expected: Value) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(("text", "column"), [("[1", 3), ("{a=1 b=2}", 6), ("-X", 2), ("=", 1), ("f(1", 4)])
def test_mistakes_and_their_place(text: str, column: int) -> None:
    with pytest.raises(ScriptError) as caught:
        value(text)
    assert caught.value.place.column == column
