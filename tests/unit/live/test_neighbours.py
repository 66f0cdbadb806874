"""Neighbours: addresses and states."""

from __future__ import annotations

import ipaddress
import struct

import pytest

from estab.live.neighbours import parse_neighbour, read_neighbours
from estab.snapshot import Interface, Neighbour
from tests.unit.live.dumps import attribute

LINKS = {3: Interface(name="eth0", index=3)}


def entry(state: int, address: str = "10.0.0.9", index: int = 3) -> bytes:
    packed = ipaddress.ip_address(address).packed
    return struct.pack("=BxxxiHBB", 2, index, state, 0, 0) + attribute(1, packed)


@pytest.mark.parametrize(("state", "said"), [(0x20, "FAILED"), (0x01, "INCOMPLETE"), (0x02, "REACHABLE"), (0x84, "STALE|PERMANENT")])
def test_states(state: int, said: str) -> None:
    assert parse_neighbour(entry(state), LINKS) == Neighbour(address="10.0.0.9", interface="eth0", state=said)


def test_an_interface_that_is_gone_is_its_number() -> None:
    found = parse_neighbour(entry(0x20, "2001:db8::9", 8), LINKS)
    assert found == Neighbour(address="2001:db8::9", interface="8", state="FAILED")


@pytest.mark.parametrize("answer", [entry(0x40), entry(0), entry(0x20)[:12], b"cut"])
def test_what_asks_for_no_address_is_left_out(answer: bytes) -> None:
    assert parse_neighbour(answer, LINKS) is None


def test_this_host_answers() -> None:
    assert isinstance(read_neighbours({}), tuple)
