"""Networks that many scenarios play on: two hosts on a cable, or with routers between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from estab.lab.host import Host
from estab.lab.link import Link
from estab.lab.router import Router

if TYPE_CHECKING:
    from estab.lab.world import World

CLIENT, SERVER = "10.0.0.1", "10.0.0.2"


@dataclass(frozen=True, slots=True)
class Pair:
    """A client and a server on one cable."""

    client: Host
    server: Host
    link: Link


@dataclass(frozen=True, slots=True)
class Routed:
    """A client and a server with a router between them: `near` is the client's cable, `far` the server's."""

    client: Host
    router: Router
    server: Host
    near: Link
    far: Link


def pair(
    world: World, *, client: dict[str, Any] | None = None, server: dict[str, Any] | None = None, delay: int | str = "5ms", **path: Any
) -> Pair:
    """`client` (10.0.0.1) and `server` (10.0.0.2), with knobs of their own."""
    one, other = world.host("client", CLIENT, **(client or {})), world.host("server", SERVER, **(server or {}))
    return Pair(one, other, world.link(one, other, delay=delay, **path))


def routed(
    world: World, *, client: dict[str, Any] | None = None, server: dict[str, Any] | None = None, delay: int | str = "5ms", **path: Any
) -> Routed:
    """`client` (10.0.1.2), `router` (10.0.1.1, 203.0.113.1) and `server` (203.0.113.9); the delay is that of each cable."""
    one, other = world.host("client", "10.0.1.2", **(client or {})), world.host("server", "203.0.113.9", **(server or {}))
    router = world.router("router", "10.0.1.1", "203.0.113.1")
    near = world.link(one, router, delay=delay, **path)
    return Routed(one, router, other, near, world.link(router, other, delay=delay, **path))
