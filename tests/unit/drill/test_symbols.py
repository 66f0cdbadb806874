from __future__ import annotations

import errno

import pytest

from estab.drill.script import AnyOf, Anything, Bytes, Made, Name, Number, Value
from estab.drill.symbols import (
    EPOLLS,
    NUMBERS,
    POLLS,
    UnusableValueError,
    address_of,
    errno_of,
    is_anything,
    name_errno,
    name_flags,
    number_of,
)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (Number(-1), -1),
        (Name("SOL_SOCKET"), 1),
        (AnyOf((Name("POLLIN"), Name("POLLOUT"), Name("POLLIN"))), 5),
        (Made("htons", Number(80)), 80),
        (Name("NULL"), 0),
    ],
)
def test_numbers(value: Value, number: int) -> None:
    assert number_of(value) == number


@pytest.mark.parametrize("value", [Name("NOTHING"), Anything(), Bytes(b"x"), Made("inet_addr", Bytes(b"1.2.3.4"))])
def test_no_numbers(value: Value) -> None:
    with pytest.raises(UnusableValueError):
        number_of(value)


def test_addresses() -> None:
    assert address_of(Made("inet_addr", Bytes(b"1.2.3.4"))) == "1.2.3.4"
    assert address_of(Made("inet6_addr", Bytes(b"FD::1"))) == "fd::1"
    for wrong in (Made("inet_addr", Bytes(b"1.2.3")), Number(1)):
        with pytest.raises(UnusableValueError):
            address_of(wrong)


def test_what_stands_for_anything() -> None:
    assert is_anything(Anything()) and is_anything(Name("_")) and not is_anything(Number(0))


def test_names_of_flags_and_errnos() -> None:
    assert name_flags(POLLS["POLLIN"] | POLLS["POLLHUP"], POLLS) == "POLLIN|POLLHUP"
    assert name_flags(0, POLLS) == "0"
    assert (name_errno(errno.ETIMEDOUT), name_errno(errno.EOPNOTSUPP), name_errno(9999)) == ("ETIMEDOUT", "EOPNOTSUPP", "9999")
    assert errno_of(Name("ENOMSG")) == errno.ENOMSG and errno_of(Number(3)) == 3


def test_symbols_of_epoll_extend_those_of_poll() -> None:
    assert all(EPOLLS[f"E{name}"] == number for name, number in POLLS.items() if name != "POLLNVAL")
    assert NUMBERS["EPOLLET"] == 1 << 31
