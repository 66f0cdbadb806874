"""A host at one instant as `live` would read it from a kernel: counters, knobs as the kernel prints them, the table of sockets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from estab.engine.counters import KNOWN_NAMES
from estab.knobs.catalog import KNOBS
from estab.machine.states import State
from estab.snapshot import HostSnapshot, SocketSnapshot

if TYPE_CHECKING:
    from estab.engine.host import Host
    from estab.knobs.values import KnobValues

KERNEL = "6.18-estab"
"""The kernel whose behaviour and counters the engine shows; the suffix says that it is none."""


def host_snapshot(host: Host, sockets: Sequence[SocketSnapshot], now_ns: int) -> HostSnapshot:
    """The host; every counter that a kernel would print is there, at 0 where nothing has happened."""
    from estab.snapshot_table import socket_table

    counters = dict.fromkeys(sorted(KNOWN_NAMES), 0) | host.counters | sockstat(host, sockets)
    return HostSnapshot(
        taken_ns=now_ns,
        counters=counters,
        knobs=printed_knobs(host.knobs),
        sockets=socket_table(sockets),
        kernel=KERNEL,
    )


def sockstat(host: Host, sockets: Sequence[SocketSnapshot]) -> dict[str, int]:
    """The lines of /proc/net/sockstat and sockstat6: `tw` counts orphaned FIN-WAIT-2 records too, `mem` is in pages."""
    in_use = {False: 0, True: 0}
    for one in sockets:
        if (one.state is not State.SYN_RECEIVED and one.info is not None) or one.state is State.LISTEN:
            in_use[":" in one.local.address] += 1
    return {
        "Sockstat.TCP.inuse": in_use[False],
        "Sockstat.TCP.orphan": host.orphans,
        "Sockstat.TCP.tw": host.time_waits,
        "Sockstat.TCP.alloc": in_use[False] + in_use[True],
        "Sockstat.TCP.mem": host.memory.pages,
        "Sockstat6.TCP6.inuse": in_use[True],
    }


def printed_knobs(knobs: KnobValues) -> dict[str, str]:
    """Every sysctl as /proc/sys prints it."""
    return {
        name: "\t".join(str(number) for number in value) if isinstance(value, tuple) else str(value)
        for name, value in knobs.items()
        if KNOBS[name].is_sysctl
    }
