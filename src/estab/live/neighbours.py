"""The hosts on this host's links: which of them do not answer (`ip neigh`)."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Mapping

from estab.live.netlink import attributes, dump
from estab.snapshot import Interface, Neighbour

_GET_NEIGHBOUR = 30
_DESTINATION = 1
STATES = {
    0x01: "INCOMPLETE", 0x02: "REACHABLE", 0x04: "STALE", 0x08: "DELAY", 0x10: "PROBE", 0x20: "FAILED", 0x40: "NOARP", 0x80: "PERMANENT",
}  # fmt: skip
"""Bits of `ndm_state` (include/uapi/linux/neighbour.h)."""
_NOARP = 0x40


def read_neighbours(interfaces: Mapping[int, Interface]) -> tuple[Neighbour, ...]:
    """All entries but those of links that ask for no address; raises OSError."""
    found = (parse_neighbour(answer, interfaces) for answer in dump(_GET_NEIGHBOUR, struct.pack("=BxxxiHBB", 0, 0, 0, 0, 0)))
    return tuple(neighbour for neighbour in found if neighbour is not None)


def parse_neighbour(answer: bytes, interfaces: Mapping[int, Interface]) -> Neighbour | None:
    """One `struct ndmsg` with its attributes; None where it names no address or where none is asked for."""
    if len(answer) < 12:
        return None
    index, state = struct.unpack_from("=iH", answer, 4)
    address = attributes(answer[12:]).get(_DESTINATION, b"")
    if state & _NOARP or state == 0 or len(address) not in {4, 16}:
        return None
    name = interfaces[index].name if index in interfaces else str(index)
    spelled = "|".join(word for bit, word in STATES.items() if state & bit)
    return Neighbour(address=str(ipaddress.ip_address(address)), interface=name, state=spelled)
