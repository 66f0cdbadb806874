"""Making the engine's stack for a host."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from estab.engine.addresses import Route
from estab.engine.stack import Stack

if TYPE_CHECKING:
    from estab.lab.host import Host

UNREACHABLE = Route(errno=errno.ENETUNREACH)


def engine_stack(host: Host, mtu_bytes: int) -> Stack:
    """A stack that knows nothing yet; each boot has chance of its own."""
    world = host.world

    def route(destination: str) -> Route:
        port = host.port_to(destination)
        return UNREACHABLE if port is None or not port.up else Route(mtu_bytes=port.out.mtu_bytes)

    return Stack(
        host.addresses,
        knobs=host.knobs,
        chance=world.chance.child(f"stack {host.name} {host.boots}"),
        now_ns=world.now_ns,
        mtu_bytes=mtu_bytes,
        routes=route,
        watched=world.watches_states,
        sending=host.sending,
    )
