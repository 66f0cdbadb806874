"""Whom a finding names: a listener, one client host, or the clients of a listener.

Clients are grouped by the listener that they talk to: a service has few listeners, but may have a hundred thousand clients.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from estab.diagnose.compose import host, listener
from estab.diagnose.facts import CLIENT, SERVER, Column, Facts, Group, Mask, Rows
from estab.diagnose.finding import Subject
from estab.diagnose.grouping import Grouping
from estab.text import Text, msg


@dataclass(frozen=True, slots=True)
class Place:
    """Connections that show the same at the same owner."""

    subject: Subject
    name: str | Text
    """The owner, as a sentence names it."""
    rows: Rows
    kin: Rows
    """Those of the same listener that came about, `rows` among them."""

    @property
    def share(self) -> float:
        """The part of the listener's connections that show it."""
        return len(self.rows) / max(len(self.kin), len(self.rows), 1)


def places(facts: Facts, mask: Mask, side: int) -> Grouping[Place]:
    """The masked connections by owner, which is the listener (side SERVER) or its clients (side CLIENT)."""
    return facts.group_by_server(mask).each(functools.partial(_place, facts, side))


def shares(facts: Facts, places: Grouping[Place]) -> Column:
    """`Place.share` of all places at once."""
    return np.asarray(places.sizes / np.maximum(np.maximum(places.kin(facts.established | facts.midstream), places.sizes), 1))


def _place(facts: Facts, side: int, group: Group) -> Place:
    server, rows = group.endpoint, group.rows
    kin = facts.rows_to_server(int(rows[0]))
    came_about = kin[facts.established[kin] | facts.midstream[kin]]
    if side == SERVER:
        return Place(listener(server), str(server), rows, came_about)
    if facts.distinct_clients(rows) == 1:
        client = facts.connections.endpoint(int(rows[0]), CLIENT)
        return Place(host(client), client.address, rows, came_about)
    return Place(listener(server), msg("the clients of {server}", server=str(server)), rows, came_about)


def worst_first(rows: Rows, *keys: Column) -> Rows:
    """The rows by these columns (of all connections), the largest first, the first key counting most."""
    return rows[np.lexsort([-key[rows] for key in reversed(keys)])]
