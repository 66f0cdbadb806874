from __future__ import annotations

import pytest

from tests.unit.drill.playing import CONNECTED, failure, passes, unusable

ARRIVED = f"{CONNECTED}\n+0 < P. 1:101(100) ack 1 win 65535\n* > . 1:1(0) ack 101\n"


def test_options_are_set_and_read() -> None:
    passes(f"{CONNECTED}\n+0 setsockopt(4, SOL_TCP, TCP_NODELAY, [1], 4) = 0\n+0 getsockopt(4, SOL_TCP, TCP_NODELAY, [1], [4]) = 0")
    found = failure(f"{CONNECTED}\n+0 getsockopt(4, SOL_TCP, TCP_NODELAY, [1], [4]) = 0")
    assert (found.differences[0].expected, found.differences[0].actual) == ("1", "0")
    passes(f"{CONNECTED}\n+0 getsockopt(4, SOL_TCP, TCP_NODELAY, ..., ...) = 0\n+0 getsockopt(4, SOL_TCP, TCP_NODELAY, [...], [4]) = 0")


def test_a_linger_is_a_struct() -> None:
    passes(f"{CONNECTED}\n+0 setsockopt(4, SOL_SOCKET, SO_LINGER, {{onoff=1, linger=0}}, 8) = 0\n+0 close(4) = 0\n+0 > R. 1:1(0) ack 1")


def test_options_of_other_layers_change_nothing() -> None:
    passes(f"{CONNECTED}\n+0 setsockopt(4, SOL_IP, IP_TOS, [4], 1) = 0\n+0 setsockopt(4, SOL_SOCKET, SO_MARK, [6], 4) = 0")


@pytest.mark.parametrize("option", ["SOL_TCP, TCP_WHATEVER, [1]", "SOL_WHAT, TCP_NODELAY, [1]", "6, 1, [1]"])
def test_unknown_options(option: str) -> None:
    assert "a.pkt:11:1:" in unusable(f"{CONNECTED}\n+0 setsockopt(4, {option}, 4) = 0")


def test_what_cannot_be_read() -> None:
    assert "cannot be read" in unusable(f"{CONNECTED}\n+0 getsockopt(4, SOL_SOCKET, SO_ZEROCOPY, [1], [4]) = 0")


@pytest.mark.parametrize(("request_name", "value"), [("SIOCINQ", 100), ("SIOCOUTQ", 0), ("SIOCOUTQNSD", 0), ("SIOCATMARK", 0)])
def test_requests(request_name: str, value: int) -> None:
    passes(f"{ARRIVED}+0 ioctl(4, {request_name}, [{value}]) = 0\n+0 ioctl(4, {request_name}, [...]) = 0")
    found = failure(f"{ARRIVED}+0 ioctl(4, {request_name}, [{value + 1}]) = 0")
    assert found.differences[0].actual == str(value)


def test_unknown_requests() -> None:
    passes(f"{ARRIVED}+0 ioctl(4, 0x1, [0]) = -1 EINVAL")


def test_the_urgent_mark() -> None:
    passes(
        f"{CONNECTED}\n+0 < U. 1:3(2) ack 1 win 65535 urg 2\n* > . 1:1(0) ack 3\n+0 read(4, ..., 5) = 1\n+0 ioctl(4, SIOCATMARK, [1]) = 0"
    )
