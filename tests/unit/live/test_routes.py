"""Routes: destinations, kinds, and what they lock."""

from __future__ import annotations

import ipaddress
import struct
import sys

import pytest

from estab.live.routes import parse_route, read_routes
from estab.snapshot import Interface, Route
from tests.unit.live.dumps import attribute

LINKS = {3: Interface(name="eth0", index=3)}


def number(kind: int, value: int) -> bytes:
    return attribute(kind, value.to_bytes(4, sys.byteorder))


def entry(*parts: bytes, family: int = 2, length: int = 0, table: int = 254, kind: int = 1) -> bytes:
    return struct.pack("=BBBBBBBBI", family, length, 0, 0, table, 0, 0, kind, 0) + b"".join(parts)


def packed(kind: int, address: str) -> bytes:
    return attribute(kind, ipaddress.ip_address(address).packed)


def test_a_default_route_with_metrics() -> None:
    metrics = attribute(8, number(1, 1 << 2) + number(2, 1400) + number(11, 30) + number(13, 5))
    found = parse_route(entry(packed(5, "10.0.0.9"), number(4, 3), number(6, 100), metrics), LINKS)
    known = {"mtu": 1400, "initcwnd": 30, "rto_min": 5}
    assert found == Route(destination="default", gateway="10.0.0.9", interface="eth0", priority=100, metrics=known, locked=("mtu",))
    assert str(found) == "default via 10.0.0.9 dev eth0 mtu lock 1400 initcwnd 30 rto_min 5"


def test_routes_that_send_nothing_on() -> None:
    found = parse_route(entry(packed(1, "2001:db8::"), family=10, length=32, kind=7), LINKS)
    assert found == Route(destination="2001:db8::/32", version=6, kind="unreachable")
    assert str(parse_route(entry(packed(1, "10.2.0.0"), length=16, kind=6), LINKS)) == "blackhole 10.2.0.0/16"


def test_a_table_of_a_large_number() -> None:
    found = parse_route(entry(number(15, 1000), number(4, 8), table=0), LINKS)
    assert found is not None and (found.table, found.interface) == (1000, "8")


@pytest.mark.parametrize("answer", [entry(kind=2), entry(kind=3), entry(table=255), entry(family=7), entry()[:11], b""])
def test_what_leads_to_no_other_host_is_left_out(answer: bytes) -> None:
    assert parse_route(answer, LINKS) is None


def test_this_host_answers() -> None:
    assert all(isinstance(route, Route) for route in read_routes({}))
