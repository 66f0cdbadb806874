"""Which route a peer's packets take, by the main table: the longest prefix wins, then the lowest metric.

Policy rules (`ip rule`) may choose another table; where there are routes of further tables nothing is said.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from estab.diagnose.finding import KnobEvidence
from estab.snapshot import Route
from estab.text import msg

MAIN_TABLE = 254


def route_to(routes: Sequence[Route], address: str) -> Route | None:
    """The route to an address; None where there is none, or where another table may decide."""
    wanted = ipaddress.ip_address(address.partition("%")[0])
    chosen: tuple[int, int, Route] | None = None
    for route in routes:
        if route.version != wanted.version:
            continue
        if route.table != MAIN_TABLE:
            return None
        network = ipaddress.ip_network(route.destination) if route.destination != "default" else None
        if network is not None and wanted not in network:
            continue
        rank = (network.prefixlen if network is not None else 0, -route.priority)
        if chosen is None or rank > chosen[:2]:
            chosen = (*rank, route)
    return chosen[2] if chosen else None


def shown(route: Route) -> KnobEvidence:
    """A route as evidence."""
    return KnobEvidence(msg("route: {route}", route=str(route)), "route", str(route))
