"""Values as people write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from estab.live.literals import (
    LiteralError,
    read_duration_us,
    read_network,
    read_number,
    read_pattern,
    read_port,
    read_size,
    read_state,
    read_timer,
)
from estab.machine.states import State
from estab.snapshot import TimerKind


@pytest.mark.parametrize(
    ("text", "state"),
    [
        *((state.label, state) for state in State),
        *((state.name.lower(), state) for state in State),
        ("ESTAB", State.ESTABLISHED),
        ("SYN-RECV", State.SYN_RECEIVED),
        ("SYN_RECV", State.SYN_RECEIVED),
        ("FIN_WAIT2", State.FIN_WAIT_2),
        ("UNCONN", State.CLOSED),
    ],
)
def test_states(text: str, state: State) -> None:
    assert read_state(text) is state


@pytest.mark.parametrize(("text", "us"), [("5", 5e6), ("250ms", 250_000.0), ("2min", 120e6), ("1h", 3600e6), ("30us", 30.0)])
def test_durations(text: str, us: float) -> None:
    assert read_duration_us(text) == us


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("1448", 1448), ("64k", 64_000), ("64K", 64_000), ("64KiB", 65_536), ("2G", 2e9), ("1.5M", 1.5e6)]
)
def test_sizes(text: str, size: float) -> None:
    assert read_size(text) == size


@pytest.mark.parametrize(("text", "timer"), [("none", TimerKind.NONE), ("TIME_WAIT", TimerKind.TIME_WAIT), ("persist", TimerKind.PERSIST)])
def test_timers(text: str, timer: TimerKind) -> None:
    assert read_timer(text) is timer


FULL = 0xFFFF_FFFF


@pytest.mark.parametrize(
    ("text", "words", "mask", "port"),
    [
        ("10.0.0.1", (0, 0, 0xFFFF, 0x0A000001), (FULL,) * 4, None),
        ("10.0.0.1:80", (0, 0, 0xFFFF, 0x0A000001), (FULL,) * 4, 80),
        ("10.1.2.3/8", (0, 0, 0xFFFF, 0x0A000000), (FULL, FULL, FULL, 0xFF000000), None),
        ("10.0.0.0/8:443", (0, 0, 0xFFFF, 0x0A000000), (FULL, FULL, FULL, 0xFF000000), 443),
        ("0.0.0.0/0", (0, 0, 0xFFFF, 0), (FULL, FULL, FULL, 0), None),
        ("::/0", (0, 0, 0, 0), (0, 0, 0, 0), None),
        ("2001:db8::/32", (0x20010DB8, 0, 0, 0), (FULL, 0, 0, 0), None),
        ("[2001:db8::1]:443", (0x20010DB8, 0, 0, 1), (FULL,) * 4, 443),
    ],
)
def test_networks(text: str, words: tuple[int, ...], mask: tuple[int, ...], port: int | None) -> None:
    network = read_network(text)
    assert (network.words, network.mask, network.port) == (words, mask, port)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (read_state, "ESTABLISHMENT"),
        (read_timer, "alarm"),
        (read_duration_us, "5 parsecs"),
        (read_size, "1X"),
        (read_size, "-1"),
        (read_number, "4.5"),
        (read_port, "65536"),
        (read_port, "-1"),
        (read_port, "٣"),
        (read_network, "10.0.0.256"),
        (read_network, "10.0.0.0/33"),
        (read_network, "::/129"),
        (read_network, "10.0.0.0/x"),
        (read_network, "10.0.0.1:http"),
        (read_network, "[::1]x"),
        (read_network, "example.org"),
        (read_pattern, "["),
    ],
)
def test_what_cannot_be_read_is_told(read: Callable[[str], Any], text: str) -> None:
    with pytest.raises(LiteralError) as problem:
        read(text)
    assert text in str(problem.value) or text.partition(":")[2] in str(problem.value)
