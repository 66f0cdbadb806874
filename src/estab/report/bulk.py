"""Facts of many connections at once, where asking connection by connection would take long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from estab.flow import spell_address
from estab.track import outcome
from estab.track.connections import SERVER

if TYPE_CHECKING:
    from estab.track import Connections

Rows = npt.NDArray[np.int64]

FEW = 100
"""Below this connections are asked one by one; preparing all of them would take longer."""


def addresses(connections: Connections, chosen: Rows, side: int) -> list[str]:
    """The address of one side of each chosen connection; each is spelled once."""
    letter = "b" if side == SERVER else "a"
    if len(chosen) < FEW:
        return [connections.endpoint(row, side).address for row in chosen.tolist()]
    groups = (connections.server_address_group if side == SERVER else connections.client_address_group)[chosen]
    used, first = np.unique(groups, return_index=True)
    words = zip(*(getattr(connections, f"{letter}{place}")[chosen[first]].tolist() for place in range(4)), strict=True)
    spelled = dict(zip(used.tolist(), map(spell_address, words), strict=True))
    return [spelled[group] for group in groups.tolist()]


def ports(connections: Connections, chosen: Rows, side: int) -> list[int]:
    """The port of one side of each chosen connection."""
    of_all = connections.b_port if side == SERVER else connections.a_port
    return [int(port) for port in of_all[chosen].tolist()]


def endpoint_texts(connections: Connections, chosen: Rows, side: int) -> list[str]:
    """Address and port of one side of each chosen connection, as a person writes them (as `str(Endpoint)`)."""
    both = zip(addresses(connections, chosen, side), ports(connections, chosen, side), strict=True)
    return [f"[{address}]:{port}" if ":" in address else f"{address}:{port}" for address, port in both]


def judged(connections: Connections, chosen: Rows, judge: Callable[[Connections, int], str]) -> list[str]:
    """A judgement of `track.outcome` for each chosen connection."""
    if len(chosen) < FEW:
        return [judge(connections, row) for row in chosen.tolist()]
    words = outcome.of_all(connections, judge)
    return [words[row] for row in chosen.tolist()]


def paths(connections: Connections, chosen: Rows, side: int) -> list[Sequence[str]]:
    """The path of states of one side of each chosen connection."""
    if len(chosen) < FEW:
        return [connections.states(row, side) for row in chosen.tolist()]
    every = connections.paths(side)
    return [every[row] for row in chosen.tolist()]
