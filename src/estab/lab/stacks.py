"""Making the engine's stack for a host."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from estab.lab.calls import Stack
    from estab.lab.host import Host


def engine_stack(host: Host, mtu_bytes: int) -> Stack:
    raise NotImplementedError
