"""The sockets of a host that were asked for: read, filtered, put in order, counted in groups."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estab.errors import MisuseError
from estab.live.groups import Group, grouped, read_keys
from estab.live.host import Owners, add_owners, take_snapshot
from estab.live.namespaces import chosen_namespace
from estab.live.select import filter_needs_owners, matching, needs_owners, ordered, read_filter, read_order
from estab.live.view import View
from estab.machine.states import State
from estab.snapshot import HostSnapshot
from estab.text import msg

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for: a filter (`expression`), an order (`state,-age`), keys to count by, a limit (None is none), a namespace."""

    filter: str | None = None
    sort: str | None = None
    by: str | None = None
    limit: int | None = None
    owners: bool = False
    netns: str | None = None
    pid: int | None = None


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What was found: `rows` of the view in their order, or `groups` by `keys`; `matching` sockets fitted the filter."""

    request: Request
    host: HostSnapshot
    view: View
    matching: int
    rows: Rows
    keys: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()
    left_out: int = 0
    """Rows or groups beyond the limit."""
    with_owners: bool = False
    elapsed_ns: int = 0
    netns: str = ""

    @property
    def total(self) -> int:
        """All sockets of the namespace."""
        return len(self.view)

    @property
    def states(self) -> dict[State, int]:
        """How many of all sockets are in each state that occurs."""
        counts = np.bincount(self.view.table["state"], minlength=len(State))
        return {state: int(counts[state]) for state in State if counts[state]}


def list_sockets(request: Request) -> Listing:
    """Reads the sockets; raises MisuseError for a request that has no meaning and PermissionNeeded for one that is not permitted."""
    began_ns = time.monotonic_ns()
    node = read_filter(request.filter) if request.filter else None
    keys = read_keys(request.by) if request.by else ()
    order = read_order(request.sort) if request.sort else ()
    namespace = chosen_namespace(request.netns, request.pid)
    first = (node is not None and filter_needs_owners(node)) or needs_owners(keys) or needs_owners(name for name, _ in order)
    host = take_snapshot(namespace, owners=Owners.ALL if first else Owners.NONE)
    if host.sockets is None:
        raise MisuseError(msg("the sockets cannot be read: {reason}", reason=host.unseen["sockets"]))
    view = _view(host)
    rows = np.arange(len(view)) if node is None else np.flatnonzero(matching(view, node))
    found = len(rows)
    if keys:
        groups = grouped(view, rows, keys)
        shown = groups[: request.limit]
        return _listing(request, host, view, found, rows, began_ns, keys=keys, groups=shown, left_out=len(groups) - len(shown), owned=first)
    rows = ordered(view, rows, order)[: request.limit]
    if request.owners and not first:
        host = add_owners(host, rows)
        view = _view(host)
    return _listing(request, host, view, found, rows, began_ns, left_out=found - len(rows), owned=first or request.owners)


def _listing(
    request: Request,
    host: HostSnapshot,
    view: View,
    found: int,
    rows: Rows,
    began_ns: int,
    *,
    keys: tuple[str, ...] = (),
    groups: list[Group] | None = None,
    left_out: int,
    owned: bool,
) -> Listing:
    return Listing(
        request=request,
        host=host,
        view=view,
        matching=found,
        rows=rows,
        keys=keys,
        groups=tuple(groups or ()),
        left_out=left_out,
        with_owners=owned,
        elapsed_ns=time.monotonic_ns() - began_ns,
        netns=request.netns or "",
    )


def _view(host: HostSnapshot) -> View:
    seconds = host.knobs.get("tcp_fin_timeout", "60")
    return View(host.sockets, host.owners, fin_timeout_ms=int(seconds) * 1000 if seconds.isdecimal() else 60_000)
