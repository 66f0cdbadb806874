"""A host, or one of its network namespaces, at one instant, from all sources together."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import enum
import os
import time
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from estab.errors import EstabError
from estab.knobs.catalog import KNOBS
from estab.knobs.declare import Scope
from estab.live import settings
from estab.live.counters import read_counters
from estab.live.holders import Holders, find_holders
from estab.live.interfaces import read_interfaces
from estab.live.namespaces import Namespace, call_inside, own_namespace
from estab.live.neighbours import read_neighbours
from estab.live.owners import describe
from estab.live.qdiscs import read_qdiscs
from estab.live.routes import read_routes
from estab.live.sock_diag import ALL_STATES, likely_count, read_sockets
from estab.live.unseen import reason_of
from estab.machine.states import State
from estab.snapshot import HostSnapshot
from estab.snapshot_table import SocketArray
from estab.text import Text, msg

Result = TypeVar("Result")

FEW = 2_000
"""Up to so many sockets are read before anybody looks for their owners: often there is none to look for."""


class Owners(enum.Enum):
    """For which sockets the processes are looked for; the search costs about 5 µs for each open file of the host."""

    NONE = "none"
    MATTERING = "mattering"
    ALL = "all"


MATTERING = (State.LISTEN, State.SYN_SENT, State.CLOSE_WAIT, State.FIN_WAIT_2)
"""States in which it matters whose a socket is; others matter while something waits in their queues."""


def matter(sockets: SocketArray) -> npt.NDArray[np.bool_]:
    """The sockets whose owner a person will ask for: in a telling state, or with bytes that wait."""
    waiting = (sockets["recv_queue"] > 0) | (sockets["send_queue"] > 0)
    mattering: npt.NDArray[np.bool_] = (np.isin(sockets["state"], MATTERING) | waiting) & (sockets["inode"] != 0)
    return mattering


def take_snapshot(
    namespace: Namespace | None = None,
    *,
    owners: Owners = Owners.MATTERING,
    states: int = ALL_STATES,
    with_sockets: bool = True,
    earlier: HostSnapshot | None = None,
) -> HostSnapshot:
    """Reads a namespace (None: the caller's own) and the host's part of it.

    What may not be read, or is not there, stands in `unseen` with the reason; only a namespace that cannot be entered raises
    (PermissionNeeded).  `states` is a mask of the kernel's states (`sock_diag.states_mask`).  After an `earlier` snapshot of the same
    namespace owners are looked for first among the processes that held its sockets, and among all only where that leaves one open.
    """
    taken_ns, boot_ns = time.time_ns(), time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    unseen: dict[str, Text | str] = {}
    wanted = owners is not Owners.NONE and with_sockets
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        # The two that take long go on side by side where there is much: most of both is work of the kernel.
        searching = pool.submit(find_holders) if wanted and earlier is None and call_inside(namespace, likely_count) > FEW else None
        inside = call_inside(namespace, lambda: _inside(states, unseen, with_sockets=with_sockets))
    knobs: dict[str, str] = inside["knobs"]
    if not inside["is_initial_namespace"]:
        _add_host_settings(knobs, unseen)
    holding: dict[str, Any] = {}
    sockets = inside["sockets"]
    if sockets is not None and wanted:
        chosen = sockets["inode"][matter(sockets) if owners is Owners.MATTERING else sockets["inode"] != 0]
        if searching is not None:
            holding = _owners(searching.result(), chosen, boot_ns, unseen)
        elif len(chosen):
            holding = _owners(_holders(chosen, earlier, unseen), chosen, boot_ns, unseen)
    return HostSnapshot(taken_ns=taken_ns, boot_ns=boot_ns, kernel=os.uname().release, unseen=unseen, **inside, **holding)


def _holders(inodes: npt.NDArray[np.uint32], earlier: HostSnapshot | None, unseen: dict[str, Text | str]) -> Holders:
    """Who holds these sockets: whoever held them earlier, or a search among all processes where somebody else may."""
    if earlier is None or earlier.sockets is None:
        return find_holders()
    known = find_holders({owner.pid for owners in earlier.owners.values() for owner in owners})
    nobodys = set(earlier.sockets["inode"][matter(earlier.sockets)].tolist()) - set(earlier.owners)
    if set(inodes.tolist()) - set(known.inodes.tolist()) - nobodys:
        return find_holders()
    if "owners" in earlier.unseen:
        unseen["owners"] = earlier.unseen["owners"]
    return known


def _inside(states: int, unseen: dict[str, Text | str], *, with_sockets: bool) -> dict[str, Any]:
    """What is read in the namespace: fields of HostSnapshot."""
    counters, lacking = read_counters()
    unseen |= lacking
    knobs, lacking = settings.read_settings()
    unseen |= lacking
    interfaces = _try("interfaces", read_interfaces, unseen) or {}
    return {
        "counters": counters,
        "knobs": knobs | settings.read_per_interface("rp_filter"),
        "sockets": _try("sockets", lambda: read_sockets(states), unseen) if with_sockets else None,
        "interfaces": interfaces,
        "neighbours": _try("neighbours", lambda: read_neighbours(interfaces), unseen) or (),
        "routes": _try("routes", lambda: read_routes(interfaces), unseen) or (),
        "qdiscs": _try("qdiscs", lambda: read_qdiscs(interfaces), unseen) or (),
        "namespace": own_namespace().inode,
        "is_initial_namespace": settings.is_initial_namespace(),
    }


def _try(name: str, read: Callable[[], Result], unseen: dict[str, Text | str]) -> Result | None:
    try:
        return read()
    except (OSError, EstabError) as problem:
        unseen[name] = reason_of(problem)
        return None


def _add_host_settings(knobs: dict[str, str], unseen: dict[str, Text | str]) -> None:
    """Settings of the whole host are not shown in every namespace; they are read outside, where this program is."""
    lacking = [knob for knob in KNOBS.values() if knob.scope is Scope.HOST and knob.gone_since is None and knob.name not in knobs]
    found, hidden = settings.read_settings(lacking)
    knobs |= found
    unseen |= hidden
    still = [knob.name for knob in lacking if knob.name not in knobs]
    if still:
        unseen["knobs.host"] = msg("settings of the host that this network namespace does not show: {names}", names=", ".join(still))


def add_owners(host: HostSnapshot, rows: npt.NDArray[np.int64]) -> HostSnapshot:
    """The same snapshot with the owners of some of its sockets, looked for now."""
    unseen = dict(host.unseen)
    found = _owners(find_holders(), host.sockets["inode"][rows], host.boot_ns, unseen)
    return dataclasses.replace(host, **found, unseen=unseen)


def _owners(holders: Holders, inodes: npt.NDArray[np.uint32], boot_ns: int, unseen: dict[str, Text | str]) -> dict[str, Any]:
    """Owners of these sockets, and how many processes could not be looked at."""
    owners, processes = describe(holders.of(inodes), boot_ns)
    if holders.hidden:
        unseen["owners"] = msg(
            "the open files of {count} processes; needs CAP_SYS_PTRACE, and no fewer capabilities than they have", count=holders.hidden
        )
    return {"owners": owners, "processes": processes}
