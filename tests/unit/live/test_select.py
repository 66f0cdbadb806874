"""Which sockets a filter names, and in which order they stand."""

from __future__ import annotations

import numpy as np
import pytest

from estab.errors import MisuseError
from estab.live.select import filter_needs_owners, matching, ordered, read_filter, read_order
from tests.unit.live.made import view

LISTENER, BUSY, LEAKED, SIX, WAITING = range(5)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("state == LISTEN", [LISTENER]),
        ("state != LISTEN", [BUSY, LEAKED, SIX, WAITING]),
        ("state in (estab, time-wait)", [BUSY, SIX, WAITING]),
        ("port == 80", [LISTENER, BUSY, LEAKED]),
        ("port == 443", [SIX, WAITING]),
        ("port != 443", [LISTENER, BUSY, LEAKED]),
        ("local_port == 443", []),
        ("peer_port >= 40000", [BUSY, LEAKED]),
        ("family == 6", [SIX]),
        ("address == 192.0.2.7", [BUSY, WAITING]),
        ("peer == 192.0.2.0/24", [BUSY, WAITING]),
        ("peer == 192.0.2.7:443", [WAITING]),
        ("peer != 192.0.2.0/24", [LISTENER, LEAKED, SIX]),
        ("local == 10.0.0.0/8 and peer == 198.51.100.0/24", [LEAKED]),
        ("peer == 2001:db8::/32", [SIX]),
        ("peer == ::/0", [LISTENER, BUSY, LEAKED, SIX, WAITING]),
        ("peer == 0.0.0.0/0", [LISTENER, BUSY, LEAKED, WAITING]),
        ("peer in (192.0.2.7, 2001:db8::2)", [BUSY, SIX, WAITING]),
        ("age > 1m", [BUSY, LEAKED]),
        ("age <= 2s", [SIX, WAITING]),
        ("not age > 1m", [LISTENER, SIX, WAITING]),  # of the listener no age is known
        ("state == CLOSE-WAIT and age > 2min", [LEAKED]),
        ("rtt > 1ms", [BUSY]),
        ("rtt < 1ms", [LEAKED]),
        ("rtt != 900us", [BUSY]),
        ("recvq > 0", [LEAKED]),
        ("accept_queue > 0", [LISTENER]),
        ("send_queue >= 64KiB", [BUSY]),
        ("send_queue > 64KiB", []),
        ("resent > 0", [BUSY]),
        ("retries == 3", [BUSY]),
        ("timer == retransmit", [BUSY]),
        ("timer == time-wait or timer == persist", [WAITING]),
        ("uid == 33", [BUSY]),
        ("cc == bbr", [LEAKED, SIX]),
        ("cc != bbr", [BUSY]),
        ("process == nginx", [LISTENER, BUSY, LEAKED]),
        ("process != nginx", [SIX]),  # a socket without an owner has no process that differs
        ("process ~ '^s'", [SIX]),
        ("process !~ '^s'", [LISTENER, BUSY, LEAKED]),
        ("pid == 813", [LISTENER]),
        ("unit == nginx.service", [LISTENER, BUSY, LEAKED]),
        ("container == abcdef012345", [SIX]),
        ("cmdline ~ worker", [LISTENER, BUSY, LEAKED]),
        ("inode == 0", [WAITING]),
    ],
)
def test_which_sockets_fit(text: str, rows: list[int]) -> None:
    assert np.flatnonzero(matching(view(), read_filter(text))).tolist() == rows


@pytest.mark.parametrize(("text", "needed"), [("port == 80", False), ("port == 80 or not (pid == 4)", True), ("unit ~ x", True)])
def test_whether_processes_are_needed(text: str, needed: bool) -> None:
    assert filter_needs_owners(read_filter(text)) is needed


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", [LISTENER, BUSY, SIX, LEAKED, WAITING]),
        ("age", [SIX, WAITING, BUSY, LEAKED, LISTENER]),
        ("-age", [LEAKED, BUSY, WAITING, SIX, LISTENER]),  # what is unknown stands last either way
        ("-rtt", [BUSY, LEAKED, LISTENER, SIX, WAITING]),
        ("state,-peer_port", [LISTENER, BUSY, SIX, LEAKED, WAITING]),
        ("-state", [WAITING, LEAKED, BUSY, SIX, LISTENER]),
        ("peer", [LISTENER, BUSY, WAITING, LEAKED, SIX]),
        ("process,-port", [LISTENER, BUSY, LEAKED, SIX, WAITING]),
        ("cc", [SIX, LEAKED, BUSY, LISTENER, WAITING]),
    ],
)
def test_orders(text: str, rows: list[int]) -> None:
    keys = read_order(text) if text else ()
    assert ordered(view(), np.arange(5), keys).tolist() == rows


def test_an_order_of_some_rows_keeps_to_them() -> None:
    assert ordered(view(), np.array([WAITING, LEAKED]), read_order("-age")).tolist() == [LEAKED, WAITING]


def test_no_order_by_what_does_not_exist() -> None:
    with pytest.raises(MisuseError, match="no such field: -colour"):
        read_order("age,-colour")
