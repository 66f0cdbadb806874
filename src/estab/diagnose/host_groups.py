"""Sockets of a live host by the place where they show the same thing: a listener, a destination, a peer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estab.diagnose.host_table import Column, HostTable, Mask, Rows, end_keys
from estab.flow import Endpoint
from estab.snapshot_table import endpoint_of

NO_ROWS: Rows = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class HostGroup:
    """Sockets that share a place; `rows` worst first.  `inbound` is true for a listener of this host, false for another host's end."""

    endpoint: Endpoint
    rows: Rows
    inbound: bool

    def __str__(self) -> str:
        return str(self.endpoint) if self.endpoint.port else self.endpoint.address


def by_place(table: HostTable, mask: Mask, worst: Column | None = None) -> list[HostGroup]:
    """By listener for sockets that were accepted (and listeners themselves), by destination for those that were opened here."""
    groups = by_end(table, mask & (table.inbound | table.listening), "local", worst)
    groups += by_end(table, mask & table.outbound, "remote", worst)
    return sorted(groups, key=lambda group: -len(group.rows))


def by_end(table: HostTable, mask: Mask, side: str, worst: Column | None = None, *, port: bool = True) -> list[HostGroup]:
    """By the `local` or `remote` end, with its port or by address alone; the largest group first, within one by `worst`, descending."""
    rows = np.flatnonzero(mask)
    if not len(rows):
        return []
    badness = np.zeros(len(rows), np.int64) if worst is None else -np.asarray(worst)[rows]
    _, numbers = np.unique(end_keys(table.table[rows], side, port=port), return_inverse=True)
    order = np.lexsort((rows, badness, numbers))
    begins = np.flatnonzero(np.concatenate([[True], numbers[order][1:] != numbers[order][:-1]]))
    groups = []
    for members in np.split(rows[order], begins[1:]):
        end = endpoint_of(table.table, int(members[0]), side)
        groups.append(HostGroup(end if port else Endpoint(end.address, 0), members, side == "local"))
    return sorted(groups, key=lambda group: -len(group.rows))
