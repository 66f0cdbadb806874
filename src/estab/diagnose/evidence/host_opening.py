"""Connections of a live host that are being opened: from here (SYN-SENT) and to here (SYN-RECEIVED)."""

from __future__ import annotations

import numpy as np

from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup, by_end
from estab.diagnose.host_table import Mask, end_keys
from estab.machine.states import State

PILE = 20
"""Attempts at once that no longer look like single ones."""


def syn_sent(facts: HostFacts) -> Mask:
    """Attempts of this host that have had no answer."""
    return facts.t.state(State.SYN_SENT)


def distinct_targets(facts: HostFacts, mask: Mask) -> int:
    """Different addresses and ports that these sockets lead to."""
    return len(np.unique(end_keys(facts.t.table[mask], "remote")))


def half_open(facts: HostFacts) -> list[HostGroup]:
    """SYN-RECEIVED entries by listener, the largest group first; within one the most repeated first."""
    return by_end(facts.t, facts.t.state(State.SYN_RECEIVED), "local", facts.t["timer_retries"])


def dropped_syns(facts: HostFacts) -> int:
    """SYNs that were dropped because a SYN queue was full.

    With cookies off tcp_max_syn_backlog bounds the queue, too: what it drops is counted by ListenDrops alone, not by TCPReqQFullDrop.
    """
    return max(facts.moved("TcpExt.ListenDrops") - facts.moved("TcpExt.ListenOverflows"), 0)


def sources(facts: HostFacts, group: HostGroup) -> int:
    """Different peer addresses of a group."""
    return len(np.unique(end_keys(facts.t.table[group.rows], "remote", port=False)))


def accept_queue_is_full(facts: HostFacts, port: int) -> bool:
    """A listener on this port has no room in its accept queue."""
    t = facts.t
    return bool((t.listening & (t["local_port"] == port) & (t["recv_queue"] > t["send_queue"])).any())
