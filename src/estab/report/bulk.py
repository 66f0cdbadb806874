"""Facts of many connections at once, where asking connection by connection would take long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from estab.flow import Endpoint
from estab.track import outcome
from estab.track.connections import SERVER

if TYPE_CHECKING:
    from estab.track import Connections

Rows = npt.NDArray[np.int64]

FEW = 100
"""Below this connections are asked one by one; preparing all of them would take longer."""


def endpoints(connections: Connections, chosen: Rows, side: int) -> list[Endpoint]:
    """Address and port of one side of each chosen connection; each address is spelled once."""
    if len(chosen) < FEW:
        return [connections.endpoint(row, side) for row in chosen.tolist()]
    groups = connections.server_address_group if side == SERVER else connections.client_address_group
    ports = (connections.b_port if side == SERVER else connections.a_port)[chosen].tolist()
    used, first = np.unique(groups[chosen], return_index=True)
    spelled = {int(group): connections.endpoint(int(chosen[place]), side).address for group, place in zip(used, first, strict=True)}
    return [Endpoint(spelled[group], port) for group, port in zip(groups[chosen].tolist(), ports, strict=True)]


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
