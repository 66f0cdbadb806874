"""Connections that ended between two snapshots: where, how, and which of them no table ever held.

How one ended is read from its last TCP_INFO.  An attempt has had nothing delivered.  Of a connection that was closed in order our FIN
was acknowledged: `bytes_acked` counts it as one, as it counts the SYN of the side that connected (tcp_snd_una_update in
net/ipv4/tcp_input.c).  An abort of this host's own leaves no counts, and neither does an attempt that failed within a blocking connect():
there no acknowledgement ever came, so that the time since the last one is that since the host started.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np

from estab.diagnose.host_groups import HostGroup, by_end
from estab.diagnose.host_table import Column, HostTable, Mask
from estab.instant import MILLISECOND_NS
from estab.machine.states import State
from estab.snapshot import Owner
from estab.snapshot_table import Heard, SocketArray

LONGER_MS = 5_000
"""Times since the last acknowledgement that are so much longer than the interval do not belong to a connection that began in it."""


class Ending(enum.IntEnum):
    """How a connection, or an attempt, ended."""

    IN_ORDER = 0
    """Our FIN was acknowledged."""
    CUT = 1
    """Without that: a RST came, or the kernel or the program gave up."""
    ABORTED = 2
    """A program of this host aborted it (SO_LINGER 0), so that nothing is left to read."""
    REFUSED = 3
    """An attempt that was answered, and not by a SYN-ACK."""
    UNANSWERED = 4
    """An attempt without any answer: it was given up."""
    FAILED = 5
    """An attempt that failed within a blocking connect(), so that nothing is left that tells why."""


@dataclass(frozen=True, slots=True)
class EndedPlace:
    """Connections that ended at one listener of this host, or towards one destination, by how they ended."""

    group: HostGroup
    counts: dict[Ending, int]
    openers: tuple[tuple[Owner, int], ...]
    """Who connected to it between the snapshots, and how often; the busiest first.  Empty at a listener, or where it was not seen."""


class Between:
    """The connections that ended, as columns over `ended`."""

    def __init__(self, heard: Heard, table: HostTable, interval_ns: int) -> None:
        self.heard = heard
        self.t = HostTable(None, heard.ended[~_is_listener(heard.ended)])
        """The ended connections as a table; a listener that was closed is none."""
        ports = table.listened_ports | frozenset(heard.ended["local_port"][_is_listener(heard.ended)].tolist())
        self.inbound: Mask = np.isin(self.t.table["local_port"], list(ports))
        self.in_no_table: Mask = ~np.isin(self.t.table["cookie"], table.earlier["cookie"]) | (self.t.table["cookie"] == 0)
        """Which of them the earlier table does not hold."""
        self.how: Column = _endings(self.t, self.inbound, self.in_no_table, interval_ns)

    @property
    def count(self) -> int:
        """How many ended."""
        return self.t.count

    def mask(self, *endings: Ending) -> Mask:
        """Those that ended so."""
        return np.isin(self.how, [int(ending) for ending in endings])

    def places(self, mask: Mask | None = None) -> list[EndedPlace]:
        """Where they ended, the place with the most first."""
        chosen = np.ones(self.count, bool) if mask is None else mask
        groups = by_end(self.t, chosen & self.inbound, "local") + by_end(self.t, chosen & ~self.inbound, "remote")
        return [self._place(group) for group in sorted(groups, key=lambda group: -len(group.rows))]

    def _place(self, group: HostGroup) -> EndedPlace:
        counts = {ending: int(np.count_nonzero(self.how[group.rows] == ending)) for ending in Ending}
        openers = {} if group.inbound else self.heard.openers.get(group.endpoint, {})
        busiest = sorted(openers.items(), key=lambda item: (-item[1], item[0].pid))
        return EndedPlace(group, {ending: count for ending, count in counts.items() if count}, tuple(busiest))


def _is_listener(ended: SocketArray) -> Mask:
    """A listener has no other end; it was known as such, or is told without one."""
    return np.asarray((ended["state"] == State.LISTEN) | ((ended["remote_port"] == 0) & (ended["remote_address"][:, 3] == 0)))


def _endings(t: HostTable, inbound: Mask, in_no_table: Mask, interval_ns: int) -> Column:
    nothing = (t["delivered"] == 0) & (t["bytes_acked"] == 0) & (t["bytes_received"] == 0) & (t["rtt_us"] == 0)
    blank = nothing & (t["segs_out"] == 0)
    attempt = t.state(State.CLOSED, State.SYN_SENT) & nothing & ~blank & ~inbound
    never_acknowledged = in_no_table & (t["last_ack_recv_ms"] > interval_ns // MILLISECOND_NS + LONGER_MS)
    failed = blank & ~inbound & (t.state(State.SYN_SENT) | (t.state(State.CLOSED) & never_acknowledged))
    in_order = t["bytes_acked"] - (t["bytes_sent"] - t["bytes_retrans"]) - ~inbound >= 1
    how = np.where(in_order, int(Ending.IN_ORDER), int(Ending.CUT))
    how[blank] = int(Ending.ABORTED)
    how[failed] = int(Ending.FAILED)
    how[attempt] = np.where(t["segs_in"][attempt] > 0, int(Ending.REFUSED), int(Ending.UNANSWERED))
    return how
