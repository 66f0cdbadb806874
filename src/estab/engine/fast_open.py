"""TCP Fast Open (RFC 7413): the cookies a server hands out, and those a client has been given.

A server's cookie is a keyed hash of both addresses, so it keeps nothing for each client; the key before the present one is still
honoured.  The hash is the one of Linux (net/ipv4/tcp_fastopen.c, SipHash over client and server), so that hosts with the same
`tcp_fastopen_key` behind one address give the same cookies.  A client keeps, for each server, the cookie and the MSS, and remembers
where data in a SYN has failed.
"""

from __future__ import annotations

import enum
import ipaddress
from collections import OrderedDict
from dataclasses import dataclass

from estab.chance import Chance
from estab.engine.siphash import siphash24
from estab.instant import SECOND_NS

COOKIE_BYTES = 8
SHORTEST_COOKIE_BYTES, LONGEST_COOKIE_BYTES = 4, 16
REMEMBERED_SERVERS = 4096


class Allows(enum.IntFlag):
    """Bits of `tcp_fastopen`."""

    CLIENT = 1
    SERVER = 2
    CLIENT_WITHOUT_COOKIE = 4
    SERVER_WITHOUT_COOKIE = 0x200
    ALL_LISTENERS = 0x400


class FastOpenKeys:
    """The server's half: makes cookies and knows its own."""

    __slots__ = ("_keys",)

    def __init__(self, chance: Chance) -> None:
        self._keys = [chance.key()]

    @classmethod
    def of(cls, key: bytes) -> FastOpenKeys:
        """The half of one listener that has a key of its own (TCP_FASTOPEN_KEY)."""
        keys = cls.__new__(cls)
        keys._keys = [key]
        return keys

    def renew(self, key: bytes) -> None:
        """A new key; cookies of the one before stay good."""
        self._keys = [key, self._keys[0]]

    def replace(self, key: bytes) -> None:
        """As writing `tcp_fastopen_key`: this key alone, and no cookie of another is good any more."""
        self._keys = [key]

    def cookie(self, server: str, client: str) -> bytes:
        """The cookie for a client's address."""
        return _cookie(self._keys[0], server, client)

    def is_valid(self, cookie: bytes, server: str, client: str) -> bool:
        """Whether a cookie is one that this host would give, or would have given with the key before."""
        return any(cookie == _cookie(key, server, client) for key in self._keys)

    def is_old(self, cookie: bytes, server: str, client: str) -> bool:
        """Whether it is of the key before, so that the client should get a new one."""
        return cookie != self.cookie(server, client)


def _cookie(key: bytes, server: str, client: str) -> bytes:
    both = ipaddress.ip_address(client).packed + ipaddress.ip_address(server).packed
    return siphash24(key, both).to_bytes(COOKIE_BYTES, "little")


@dataclass(slots=True)
class Server:
    """What a client remembers of a server."""

    cookie: bytes = b""
    mss_bytes: int = 0
    experimental: bool = False
    failures: int = 0
    failed_ns: int = 0
    other_format_tried: int = 0
    """1: a request with option 34 got no cookie, so that the experimental option is tried; 2: that did not either."""

    @property
    def asks_experimentally(self) -> bool:
        """Whether a request for a cookie uses the experimental option."""
        return not self.cookie and self.other_format_tried == 1


class FastOpenCache:
    """The client's half: servers by the pair of addresses, the least recently used ones forgotten."""

    __slots__ = ("_servers",)

    def __init__(self) -> None:
        self._servers: OrderedDict[tuple[str, str], Server] = OrderedDict()

    def look_up(self, client: str, server: str, now_ns: int) -> Server | None:
        """What is known of a server; None: nothing, or it has swallowed data in SYNs and must rest (doubling from 60 s)."""
        known = self._servers.get((client, server))
        if known is None:
            return None
        if known.failures >= 2 and now_ns < known.failed_ns + (60 * SECOND_NS << min(known.failures, 31)):
            return None
        return known

    def learn(self, client: str, server: str, cookie: bytes, mss_bytes: int, *, experimental: bool = False) -> None:
        """A SYN-ACK has brought an MSS, and perhaps a cookie (RFC 7413 §4.1.3); one of an impossible length is ignored."""
        known = self._entry(client, server)
        known.mss_bytes = mss_bytes
        if SHORTEST_COOKIE_BYTES <= len(cookie) <= LONGEST_COOKIE_BYTES:
            known.cookie, known.experimental, known.failures = cookie, experimental, 0

    def note_refusal(self, client: str, server: str, *, experimental: bool) -> None:
        """A request for a cookie was answered without one: the next request is made in the other format, once (tcp_fastopen_cache_set)."""
        known = self._entry(client, server)
        attempt = 2 if experimental else 1
        if not known.cookie and attempt > known.other_format_tried:
            known.other_format_tried = attempt

    def note_failure(self, client: str, server: str, now_ns: int) -> None:
        """The SYN with data had to be sent again without it."""
        known = self._entry(client, server)
        known.failures += 1
        known.failed_ns = now_ns

    def note_success(self, client: str, server: str) -> None:
        """The data in the SYN was taken."""
        if (known := self._servers.get((client, server))) is not None:
            known.failures = 0

    def forget(self, client: str, server: str) -> None:
        """The server did not accept its own cookie."""
        self._servers.pop((client, server), None)

    def _entry(self, client: str, server: str) -> Server:
        known = self._servers.setdefault((client, server), Server())
        self._servers.move_to_end((client, server))
        if len(self._servers) > REMEMBERED_SERVERS:
            self._servers.popitem(last=False)
        return known
