"""The routes of a namespace to other hosts (`ip route`), from all tables but that of its own addresses."""

from __future__ import annotations

import ipaddress
import itertools
import struct
import sys
from collections.abc import Mapping

from estab.live.netlink import attributes, dump
from estab.snapshot import Interface, Route

_GET_ROUTE = 26
AF_INET, AF_INET6 = 2, 10
_DESTINATION, _OUT, _GATEWAY, _PRIORITY, _METRICS, _TABLE = 1, 4, 5, 6, 8, 15
KINDS = {1: "unicast", 6: "blackhole", 7: "unreachable", 8: "prohibit", 9: "throw"}
"""`rtm_type` (include/uapi/linux/rtnetlink.h); local, broadcast and multicast are no ways to other hosts."""
METRICS = {2: "mtu", 8: "advmss", 11: "initcwnd", 13: "rto_min", 14: "initrwnd", 15: "quickack"}
_LOCK = 1
_LOCAL_TABLE = 255
MOST = 2_000
"""A router may know a million; so many are read, and a host that needs to know its own has fewer."""


def read_routes(interfaces: Mapping[int, Interface]) -> tuple[Route, ...]:
    """Routes of both families; raises OSError."""
    found = (
        parse_route(answer, interfaces)
        for family in (AF_INET, AF_INET6)
        for answer in itertools.islice(dump(_GET_ROUTE, struct.pack("=BBBBBBBBI", family, 0, 0, 0, 0, 0, 0, 0, 0)), MOST)
    )
    return tuple(route for route in found if route is not None)


def parse_route(answer: bytes, interfaces: Mapping[int, Interface]) -> Route | None:
    """One `struct rtmsg` with its attributes; None where it is cut, or leads to no other host."""
    if len(answer) < 12:
        return None
    family, length, _, _, table, _, _, kind = struct.unpack_from("=8B", answer)
    told = attributes(answer[12:])
    table = _number(told.get(_TABLE)) or table
    if kind not in KINDS or family not in {AF_INET, AF_INET6} or table == _LOCAL_TABLE:
        return None
    index = _number(told.get(_OUT))
    metrics = {kind: _number(value) for kind, value in attributes(told.get(_METRICS, b"")).items()}
    return Route(
        destination=f"{_spelled(told[_DESTINATION])}/{length}" if length and _DESTINATION in told else "default",
        version=4 if family == AF_INET else 6,
        kind=KINDS[kind],
        interface=interfaces[index].name if index in interfaces else str(index or ""),
        gateway=_spelled(told.get(_GATEWAY, b"")),
        priority=_number(told.get(_PRIORITY)),
        table=table,
        metrics={METRICS[kind]: value for kind, value in metrics.items() if kind in METRICS},
        locked=tuple(name for kind, name in METRICS.items() if metrics.get(_LOCK, 0) >> kind & 1),
    )


def _number(value: bytes | None) -> int:
    return int.from_bytes(value, sys.byteorder) if value is not None and len(value) == 4 else 0


def _spelled(address: bytes) -> str:
    return str(ipaddress.ip_address(address)) if len(address) in {4, 16} else ""
