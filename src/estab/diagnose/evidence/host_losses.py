"""Segments that a live host sent again: counted by its kernel, and by socket where one did it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup, by_end
from estab.diagnose.host_table import Column
from estab.machine.states import State


@dataclass(frozen=True, slots=True)
class Repeats:
    """Data that connections to one peer sent between the snapshots, and sent again."""

    group: HostGroup
    sent: int
    again: int
    needless: int
    """Repetitions that the peer said it had twice (D-SACK)."""

    @property
    def lost(self) -> int:
        """Segments that were really lost, as far as can be told."""
        return max(self.again - self.needless, 0)

    @property
    def rate(self) -> float:
        """Of the data segments, the part that was lost."""
        return self.lost / max(self.sent, 1)


def data_again(facts: HostFacts) -> Column:
    """For each row the segments sent again between the snapshots, without SYNs."""
    t = facts.t
    return np.where(t.grew("bytes_retrans") > 0, t.grew("total_retrans"), 0)


def repeats_by_peer(facts: HostFacts, yields_to: tuple[str, ...]) -> list[Repeats]:
    """Peers to whom data was sent again, most repetitions first; connections that other findings explain are left out."""
    t = facts.t
    again = data_again(facts)
    # Where the path MTU has just been discovered smaller, segments are cut anew and sent again: an ICMP error said so, nothing was lost.
    cut = t.stayed & (t.was("pmtu_bytes") > t["pmtu_bytes"]) & (t["pmtu_bytes"] > 0)
    active = t.whole & facts.unclaimed(yields_to) & t.state(*State) & (t.grew("data_segs_out") > 0) & ~cut
    found = []
    for group in by_end(t, active, "remote", again, port=False):
        rows = group.rows
        repeated = int(again[rows].sum())
        if repeated:
            sent, needless = int(t.grew("data_segs_out")[rows].sum()), int(t.grew("dsack_dups")[rows].sum())
            found.append(Repeats(HostGroup(group.endpoint, rows[again[rows] > 0], inbound=False), sent, repeated, needless))
    return sorted(found, key=lambda one: -one.again)
