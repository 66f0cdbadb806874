from __future__ import annotations

import pytest

from estab.drill.calls.arguments import Arguments, lengths_of, message_flags
from estab.drill.parser import parse_script
from estab.drill.script import CallAction, Number
from estab.drill.symbols import MESSAGES, UnusableValueError
from tests.unit.drill.test_process import process

DEFAULT = ("192.0.2.1", 80)


def arguments(text: str) -> Arguments:
    action = parse_script(f"0 {text}").events[0].action
    assert isinstance(action, CallAction)
    return Arguments(process(), action)


def test_numbers_and_results() -> None:
    call = arguments("f(5, MSG_PEEK|MSG_MORE, [7]) = 4")
    assert (call.number(0), call.number(1), call.only(2), call.new_descriptor) == (5, 0x8002, Number(7), 4)
    with pytest.raises(UnusableValueError, match="needs 4 arguments"):
        call.number(3)
    with pytest.raises(UnusableValueError):
        call.only(0)
    assert arguments("f() = _").expected == -1


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("...", DEFAULT),
        ("AF_UNSPEC", None),
        ("{sa_family=AF_UNSPEC}", None),
        ('{sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("1.2.3.4")}', ("1.2.3.4", 9)),
        ('{sa_family=AF_INET6, sin6_port=htons(9), sin6_addr=inet6_addr("fd::1")}', ("fd::1", 9)),
        ("{sa_family=AF_INET, sin_port=htons(9), sin_addr=...}", ("192.0.2.1", 9)),
    ],
)
def test_addresses(text: str, where: tuple[str, int] | None) -> None:
    assert arguments(f"f({text}) = 0").endpoint(0, DEFAULT) == where


def test_no_address() -> None:
    with pytest.raises(UnusableValueError):
        arguments("f(5) = 0").endpoint(0, DEFAULT)


def test_pieces() -> None:
    assert lengths_of(arguments("f([{..., 4}, {..., 0}]) = 0").at(0)) == [4, 0]
    for wrong in ("[4]", "5", "[{...}]"):
        with pytest.raises(UnusableValueError):
            lengths_of(arguments(f"f({wrong}) = 0").at(0))


def test_flags_of_messages() -> None:
    assert message_flags(MESSAGES["MSG_MORE"] | 1, "MSG_MORE") and not message_flags(1, "MSG_MORE")
