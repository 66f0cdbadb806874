"""Interfaces: names, flags, counters."""

from __future__ import annotations

import pathlib
import struct

from estab.live.interfaces import parse_interface, read_interfaces
from tests.unit.live.dumps import attribute


def link(flags: int, *extra: bytes) -> bytes:
    return struct.pack("=BxHiII", 0, 1, 7, flags, 0) + attribute(3, b"eth7\0") + b"".join(extra)


def test_one_interface() -> None:
    counters = attribute(23, struct.pack("=25Q", *range(100, 125)))
    interface = parse_interface(link(0x10001, attribute(4, struct.pack("=I", 1400)), counters))
    assert interface is not None
    assert (interface.name, interface.index, interface.mtu_bytes, interface.is_up, interface.has_carrier) == ("eth7", 7, 1400, True, True)
    assert (interface.counters["rx_packets"], interface.counters["rx_dropped"], interface.counters["tx_window_errors"]) == (100, 106, 120)


def test_one_that_is_down_and_counts_less() -> None:
    interface = parse_interface(link(0x1000, attribute(23, struct.pack("=2Q", 5, 6))))
    assert interface is not None and not interface.is_up and not interface.has_carrier
    assert interface.counters == {"rx_packets": 5, "tx_packets": 6}


def test_a_cut_message_is_none() -> None:
    assert parse_interface(b"short") is None


def test_this_host() -> None:
    found = read_interfaces()
    assert {interface.name for interface in found.values()} == {path.name for path in pathlib.Path("/proc/sys/net/ipv4/conf").iterdir()} - {
        "all",
        "default",
    }
