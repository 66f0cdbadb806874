"""Endpoints: how an address and a port are held, ordered and spelled."""

from __future__ import annotations

import functools
import ipaddress
import struct
from dataclasses import dataclass

Words = tuple[int, int, int, int]
"""An address as four 32-bit words, most significant first; IPv4 is held mapped (`0, 0, 0xffff, address`)."""


@functools.lru_cache(maxsize=65_536)
def spell_address(words: Words) -> str:
    """Canonical text of an address held as words: dotted IPv4, or compressed IPv6 (RFC 5952).

    >>> spell_address((0, 0, 0xFFFF, 0x0A000001)), spell_address((0x20010DB8, 0, 0, 1))
    ('10.0.0.1', '2001:db8::1')
    """
    if words[:3] == (0, 0, 0xFFFF):
        return ".".join(str(words[3] >> shift & 255) for shift in (24, 16, 8, 0))
    return str(ipaddress.IPv6Address(struct.pack(">4I", *words)))


def parse_address(text: str) -> Words:
    """The words of an address written as text; raises ValueError for anything else.

    >>> parse_address("10.0.0.1")
    (0, 0, 65535, 167772161)
    """
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv4Address):
        return (0, 0, 0xFFFF, int(address))
    return struct.unpack(">4I", address.packed)


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """One end of a connection: an address (text) and a port."""

    address: str
    port: int

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    def to_dict(self) -> dict[str, object]:
        """The endpoint as it stands in every JSON document."""
        return {"address": self.address, "port": self.port}


@functools.lru_cache(maxsize=4096)
def shared_endpoint(address: str, port: int) -> Endpoint:
    """One object for all who have this end in common: a server's connections, or those to one server.

    >>> shared_endpoint("10.0.0.1", 80) is shared_endpoint("10.0.0.1", 80)
    True
    """
    return Endpoint(address, port)
