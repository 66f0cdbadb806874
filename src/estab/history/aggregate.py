"""Two readings of a host become one interval: crowds of sockets by state, peer and listener, and the counters that moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from estab.history.interval import CROWDS_KEPT, Crowd, Interval, ListenerLoad, SeenFinding
from estab.machine.states import State
from estab.snapshot_table import SocketArray, endpoint_of

if TYPE_CHECKING:
    from estab.diagnose.finding import Finding
    from estab.snapshot import HostSnapshot

STATES = len(State)
_PEER_KEY = np.dtype([("address", "V16"), ("port", np.uint16), ("inbound", np.bool_)])


def aggregate(before: HostSnapshot, after: HostSnapshot, findings: Iterable[Finding] = (), *, partial: bool = False) -> Interval:
    """What is kept of the time between two snapshots of one host."""
    sockets: SocketArray = after.sockets
    has_sockets = sockets is not None
    return Interval(
        from_ns=before.taken_ns,
        to_ns=after.taken_ns,
        states=count_states(sockets) if has_sockets else {},
        moved=moved(before.counters, after.counters),
        peers=peers_of(sockets) if has_sockets else (),
        listeners=listeners_of(sockets) if has_sockets else (),
        findings=tuple(_seen(finding) for finding in findings),
        partial=partial,
    )


def moved(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """Counters that changed, with their difference; one that only one reading has does not count as moved."""
    return {name: value - before[name] for name, value in after.items() if name in before and value != before[name]}


def count_states(sockets: SocketArray) -> dict[str, int]:
    """Sockets by the state's label; states without any are left out."""
    return _by_label(np.bincount(sockets["state"], minlength=STATES))


def _by_label(counts: npt.NDArray[np.int64]) -> dict[str, int]:
    return {state.label: int(counts[state]) for state in State if counts[state]}


def listeners_of(sockets: SocketArray) -> tuple[ListenerLoad, ...]:
    """The listeners with the fullest accept queues, fullest first."""
    rows = np.flatnonzero(sockets["state"] == State.LISTEN)
    queue, limit = (sockets[name][rows].astype(np.int64) for name in ("recv_queue", "send_queue"))
    order = np.lexsort((sockets["local_port"][rows], -queue))[:CROWDS_KEPT]
    return tuple(ListenerLoad(str(endpoint_of(sockets, int(rows[at]), "local")), int(queue[at]), int(limit[at])) for at in order)


def peers_of(sockets: SocketArray) -> tuple[Crowd, ...]:
    """The largest crowds of connections with the same far end.

    For connections that a listener of this host took, that is an address and the port it came to (`10.0.0.9 → :80`); for those that this
    host opened it is an address and a port (`→ 10.0.0.9:5432`).
    """
    rows = np.flatnonzero(sockets["state"] != State.LISTEN)
    if not len(rows):
        return ()
    inbound = np.isin(sockets["local_port"][rows], sockets["local_port"][sockets["state"] == State.LISTEN])
    keys = np.zeros(len(rows), _PEER_KEY)
    keys["address"] = np.ascontiguousarray(sockets["remote_address"][rows]).view("V16").ravel()
    keys["port"] = np.where(inbound, sockets["local_port"][rows], sockets["remote_port"][rows])
    keys["inbound"] = inbound
    _, first, crowd = np.unique(keys.view(f"V{_PEER_KEY.itemsize}"), return_index=True, return_inverse=True)
    counts = np.bincount(crowd.ravel() * STATES + sockets["state"][rows], minlength=len(first) * STATES).reshape(-1, STATES)
    largest = np.argsort(-counts.sum(axis=1), kind="stable")[:CROWDS_KEPT]
    return tuple(
        Crowd(_peer_name(sockets, int(rows[first[at]]), inbound=bool(inbound[first[at]])), _by_label(counts[at])) for at in largest
    )


def _peer_name(sockets: SocketArray, row: int, *, inbound: bool) -> str:
    far = endpoint_of(sockets, row, "remote")
    return f"{far.address} → :{int(sockets['local_port'][row])}" if inbound else f"→ {far}"


def _seen(finding: Finding) -> SeenFinding:
    return SeenFinding(finding.code, str(finding.subject), finding.severity.value, finding.count, str(finding.summary))
