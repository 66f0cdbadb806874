"""Source ports of a live host: how many are taken towards each destination, and how long the others last."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup, by_end
from estab.diagnose.host_table import Column, Mask, Rows, end_keys
from estab.flow import Endpoint, spell_address
from estab.machine.states import State

DEFAULT_RANGE = (32768, 60999)
TIME_WAIT_MS = 60_000
REUSABLE_AFTER_MS = 1_000
"""With tcp_tw_reuse the port of a TIME-WAIT may be taken again after this time (tcp_tw_reuse_delay)."""
ALL_PORTS = 65_536


@dataclass(frozen=True, slots=True)
class PortRange:
    """The ports that the kernel chooses from."""

    low: int
    high: int
    size: int


@dataclass(frozen=True, slots=True)
class Destination:
    """Connections from one address of this host to one address and port; `rows` are all of them, whatever their state."""

    endpoint: Endpoint
    source: str
    rows: Rows
    used: int
    used_before: int
    size: int
    opened_per_s: float
    freed_per_s: float

    @property
    def free(self) -> int:
        """Ports that are left."""
        return max(self.size - self.used, 0)

    @property
    def share(self) -> float:
        """Of all ports, the part that is taken."""
        return self.used / self.size

    @property
    def left_s(self) -> float | None:
        """Seconds until none is left, at the pace between the snapshots; None where they do not become fewer."""
        pace = self.opened_per_s - self.freed_per_s
        return self.free / pace if pace > 0 and self.opened_per_s * self.size > 0 else None


def port_range(facts: HostFacts) -> PortRange:
    """The range of this host without its reserved ports."""
    numbers = facts.numbers("ip_local_port_range")
    low, high = (numbers[0], numbers[1]) if len(numbers) >= 2 else DEFAULT_RANGE
    return PortRange(low, high, max(high - low + 1 - len(_reserved(facts.knob("ip_local_reserved_ports"), low, high)), 1))


def _reserved(text: str | None, low: int, high: int) -> set[int]:
    """Ports of a list such as `8080,9000-9100` that lie in the range."""
    found: set[int] = set()
    for part in (text or "").replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if first.isdigit() and (not last or last.isdigit()):
            found.update(range(max(int(first), low), min(int(last or first), high) + 1))
    return found


def is_reserved(facts: HostFacts, port: int) -> bool:
    """The kernel leaves this port to whoever asks for it (ip_local_reserved_ports)."""
    return bool(_reserved(facts.knob("ip_local_reserved_ports"), port, port))


def destinations(facts: HostFacts) -> list[Destination]:
    """Every pair of a local address and a destination to which connections were opened, the one with the most ports first."""
    span = port_range(facts)
    t = facts.t
    automatic = t.outbound & (t["local_port"] >= span.low) & (t["local_port"] <= span.high)
    found = []
    for group in by_end(t, automatic, "remote"):
        if len(group.rows) < span.size // 10:
            break
        sources = end_keys(t.table[group.rows], "local", port=False)
        found += [_destination(facts, HostGroup(group.endpoint, group.rows[sources == key], False), span) for key in np.unique(sources)]
    return sorted(found, key=lambda one: -one.used)


def _destination(facts: HostFacts, group: HostGroup, span: PortRange) -> Destination:
    t, rows = facts.t, group.rows
    busy = ~_reusable(facts)[rows]
    used = len(np.unique(t["local_port"][rows[busy]]))
    opened = int(np.count_nonzero(t.is_new[rows] & busy))
    earlier = t.earlier
    mine = _same_pair(earlier, t.table[rows[:1]])
    freed = int(np.count_nonzero(mine[t.gone]))
    before = len(np.unique(earlier["local_port"][mine]))
    # A connection that turned into TIME-WAIT is gone under its old name and new under another: it frees and takes nothing.
    turned = np.isin(t["local_port"][rows[t.is_new[rows]]], earlier["local_port"][t.gone][mine[t.gone]])
    kept = int(np.count_nonzero(turned))
    seconds = facts.interval_s
    return Destination(
        group.endpoint,
        spell_address(tuple(t.table["local_address"][rows[0]].tolist())),
        rows,
        used,
        before,
        span.size,
        max(opened - kept, 0) / seconds,
        max(freed - kept, 0) / seconds,
    )


def _same_pair(table: Column, like: Column) -> Mask:
    """Rows of a table with the local address and the remote end of one row."""
    same = (table["local_address"] == like["local_address"]).all(axis=1) & (table["remote_address"] == like["remote_address"]).all(axis=1)
    return np.asarray(same & (table["remote_port"] == like["remote_port"]))


def _reusable(facts: HostFacts) -> Mask:
    """TIME-WAITs whose ports connect() may take: tcp_tw_reuse is on for them, timestamps are, and they are old enough."""
    t = facts.t
    reuse = facts.number("tcp_tw_reuse", 2)
    if reuse == 0 or facts.number("tcp_timestamps", 1) == 0:
        return np.zeros(t.count, bool)
    delay_ms = facts.number("tcp_tw_reuse_delay", REUSABLE_AFTER_MS)
    old = t.state(State.TIME_WAIT) & (t["timer_expires_ms"] <= TIME_WAIT_MS - delay_ms)
    return np.asarray(old if reuse == 1 else old & t.loopback)
