"""Sockets counted by what they have in common."""

from __future__ import annotations

import numpy as np
import pytest

from estab.errors import MisuseError
from estab.live.groups import grouped, read_keys
from tests.unit.live.made import view


def counted(*keys: str) -> list[tuple[tuple[str, ...], int]]:
    return [(group.keys, group.count) for group in grouped(view(), np.arange(5), keys)]


def test_by_state_the_largest_first() -> None:
    expected = [(("ESTABLISHED",), 2), (("CLOSE-WAIT",), 1), (("LISTEN",), 1), (("TIME-WAIT",), 1)]
    assert counted("state") == expected


def test_by_several_keys() -> None:
    assert counted("peer", "state")[0] == (("0.0.0.0", "LISTEN"), 1)
    assert (("192.0.2.7", "TIME-WAIT"), 1) in counted("peer", "state")


def test_by_owner_and_by_name() -> None:
    assert counted("process") == [(("nginx",), 3), (("",), 1), (("ssh",), 1)]
    assert counted("pid")[-1] == (("99",), 1) and (("812, 813",), 1) in counted("pid")
    assert (("retransmit",), 1) in counted("timer") and (("bbr",), 2) in counted("congestion")


def test_sums_leave_out_what_a_listener_means_otherwise() -> None:
    by_process = {group.keys[0]: group for group in grouped(view(), np.arange(5), ["process"])}
    web = by_process["nginx"]
    assert (web.recv_queue_bytes, web.send_queue_bytes, web.resent, web.oldest_ms) == (1, 65_536, 5, 125_000)
    only_listener = grouped(view(), np.array([0]), ["state"])[0]
    assert (only_listener.recv_queue_bytes, only_listener.resent, only_listener.oldest_ms) == (0, 0, -1)


def test_no_rows_are_no_groups() -> None:
    assert grouped(view(), np.array([], np.int64), ["state"]) == []


def test_keys() -> None:
    assert read_keys("state, dport,state") == ("state", "peer_port")
    for wrong in ("age", "colour", ""):
        with pytest.raises(MisuseError, match="cannot be grouped"):
            read_keys(wrong)
