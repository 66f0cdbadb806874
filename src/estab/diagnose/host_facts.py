"""What a rule over a live host may ask for: counters that moved, sockets as columns, settings, and who holds what.

Two snapshots of one host (or of one of its network namespaces), some seconds apart.  They may come from a kernel or from the project's
own engine; nothing here reads either.  Owners of sockets are asked for lazily and only for the sockets that a finding names.

Traps that this file takes care of, so that rules need not: `Sockstat.TCP.orphan`, `alloc` and `mem` count for the whole HOST; `tw` counts
orphaned FIN-WAIT-2, too; only the table of sockets tells them apart; the age of CLOSE-WAIT is the time since the last ACK came.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from estab.diagnose.between import Between
from estab.diagnose.finding import CounterEvidence, Finding
from estab.diagnose.host_groups import HostGroup, by_end, by_place
from estab.diagnose.host_table import Column, HostTable, Mask, Rows, end_keys
from estab.instant import SECOND_NS
from estab.knobs.catalog import KNOBS
from estab.machine.states import State
from estab.snapshot import HostSnapshot, Owner, Process
from estab.snapshot_table import Heard
from estab.text import Text

OwnersOf = Callable[[Sequence[int]], Mapping[int, tuple[Owner, ...]]]
"""Owners by inode, of the inodes that are asked for."""

ROWS_ASKED = 200
"""Owners are looked for at most at so many sockets of one finding."""


JUST_NOW_MS = 1_000


class HostFacts:
    """Two snapshots of a host as counters, columns, masks and settings.

    `t` is the table of sockets.  `interval_ns` is the time between the snapshots unless given; `owners_of` is asked for the owners that
    the later snapshot does not hold; `heard` is what was told between them, where somebody listened.
    """

    def __init__(
        self,
        before: HostSnapshot,
        after: HostSnapshot,
        *,
        interval_ns: int | None = None,
        owners_of: OwnersOf | None = None,
        heard: Heard | None = None,
    ) -> None:
        self.before, self.after, self.heard = before, after, heard
        self.interval_ns = max(after.taken_ns - before.taken_ns, 1) if interval_ns is None else interval_ns
        self.t = HostTable(before.sockets, after.sockets)
        self._ask = owners_of
        self._asked: dict[int, tuple[Owner, ...]] = {}
        self._claims: dict[str, Mask] = {}
        self._explained: dict[str, int] = {}

    @property
    def count(self) -> int:
        """Sockets in the later table."""
        return self.t.count

    @property
    def interval_s(self) -> float:
        """Seconds between the snapshots."""
        return self.interval_ns / SECOND_NS

    # --- counters -----------------------------------------------------------------------------------------------------------------

    def has(self, *names: str) -> bool:
        """Both snapshots hold these counters."""
        return all(name in self.before.counters and name in self.after.counters for name in names)

    def reading(self, name: str) -> int:
        """A counter or a gauge as it stands now; 0 where it is not there."""
        return self.after.counters.get(name, 0)

    def moved(self, *names: str) -> int:
        """By how much these counters moved together; one that this kernel does not have has not moved."""
        before, after = self.before.counters, self.after.counters
        return sum(max(after[name] - before[name], 0) for name in names if name in before and name in after)

    def per_second(self, *names: str) -> float:
        """How fast these counters move together."""
        return self.moved(*names) / self.interval_s

    def left(self, *names: str) -> int:
        """What of the movement no finding has explained yet."""
        return sum(max(self.moved(name) - self._explained.get(name, 0), 0) for name in names)

    # --- settings -----------------------------------------------------------------------------------------------------------------

    def knob(self, name: str) -> str | None:
        """A setting as the kernel prints it; None where it was not read."""
        return self.after.knobs.get(name)

    def numbers(self, name: str) -> tuple[int, ...]:
        """The numbers of a setting (`tcp_rmem` has three); empty where it was not read."""
        try:
            return tuple(int(word) for word in (self.knob(name) or "").split())
        except ValueError:
            return ()

    def number(self, name: str, usual: int | None = None) -> int:
        """The (first) number of a setting; where it was not read, `usual` or else the kernel's usual default."""
        if read := self.numbers(name):
            return read[0]
        default = KNOBS[name].linux if usual is None else usual
        return default if isinstance(default, int) else default[0] if isinstance(default, tuple) else 0

    # --- what could not be seen ---------------------------------------------------------------------------------------------------

    def unseen(self, name: str) -> Text | str | None:
        """Why something could not be read; None where it was."""
        return self.after.unseen.get(name) or self.before.unseen.get(name)

    # --- owners -------------------------------------------------------------------------------------------------------------------

    def owners(self, rows: Iterable[int]) -> tuple[Owner, ...]:
        """The processes that hold these sockets (at most the first ROWS_ASKED are looked at), the one with the most first."""
        return self._owners(self.t.table["inode"][_few(rows)].tolist())

    def owners_of_gone(self, rows: Iterable[int]) -> tuple[Owner, ...]:
        """As `owners`, for rows of the EARLIER table; only what was looked for at that time is known."""
        return self._owners(self.t.earlier["inode"][_few(rows)].tolist())

    def _owners(self, inodes: list[int]) -> tuple[Owner, ...]:
        wanted = {inode for inode in inodes if inode and inode not in self._asked}
        self._asked.update({inode: held for inode in wanted if (held := self._known(inode))})
        unknown = sorted(wanted - self._asked.keys())
        if unknown and self._ask is not None:
            self._asked.update(dict.fromkeys(unknown, ()) | dict(self._ask(unknown)))
        counts: dict[int, int] = {}
        known: dict[int, Owner] = {}
        for inode in inodes:
            for owner in self._asked.get(inode, ()):
                counts[owner.pid] = counts.get(owner.pid, 0) + 1
                known.setdefault(owner.pid, owner)
        return tuple(known[pid] for pid in sorted(counts, key=lambda pid: (-counts[pid], pid)))

    def _known(self, inode: int) -> tuple[Owner, ...]:
        """What the snapshots themselves hold; the later one knows better."""
        return self.after.owners.get(inode) or self.before.owners.get(inode) or ()

    def process(self, pid: int) -> Process | None:
        """What is known of a process."""
        return self.after.processes.get(pid) or self.before.processes.get(pid)

    # --- groups -------------------------------------------------------------------------------------------------------------------

    def by_place(self, mask: Mask, worst: Column | None = None) -> list[HostGroup]:
        """Sockets by their service: accepted ones and listeners by this host's end, opened ones by the other; the largest group first."""
        return by_place(self.t, mask, worst)

    def by_peer(self, mask: Mask, worst: Column | None = None) -> list[HostGroup]:
        """Sockets by the other host's address."""
        return by_end(self.t, mask, "remote", worst, port=False)

    def listener_of(self, port: int) -> int | None:
        """The row of a listener on a port, None without one."""
        rows = np.flatnonzero(self.t.listening & (self.t["local_port"] == port))
        return int(rows[0]) if len(rows) else None

    @functools.cached_property
    def peer_alive(self) -> Mask:
        """Sockets whose peer's host has answered on ANY connection within the interval (or within the last second)."""
        # Segments are counted, so the answer does not hang on when within each snapshot the table of sockets was read.
        answered = self.t.whole & ((self.t.grew("segs_in") > 0) | (self.t["last_ack_recv_ms"] <= JUST_NOW_MS)) & ~self._silent
        answered &= self.t.state(State.ESTABLISHED, State.FIN_WAIT_2, State.CLOSE_WAIT)
        keys = end_keys(self.t.table, "remote", port=False)
        return np.isin(keys, np.unique(keys[answered]))

    @functools.cached_property
    def _silent(self) -> Mask:
        return np.asarray(self.t.whole & (self.t["retransmits"] >= 1))

    @functools.cached_property
    def between(self) -> Between | None:
        """The connections that ended between the snapshots; None where nobody listened."""
        return None if self.heard is None or self.heard.deaf is not None else Between(self.heard, self.t, self.interval_ns)

    # --- claims -------------------------------------------------------------------------------------------------------------------

    def claim(self, finding: Finding) -> None:
        """Notes that a finding explains its sockets, and the movement of the counters that it names as evidence."""
        mask = self._claims.setdefault(finding.code, np.zeros(self.count, bool))
        mask[finding.members] = True
        for evidence in finding.evidence:
            if isinstance(evidence, CounterEvidence):
                moved = max(evidence.after - evidence.before, 0)
                self._explained[evidence.counter] = max(self._explained.get(evidence.counter, 0), moved)

    def found(self, *codes: str) -> bool:
        """A finding of one of these codes has been made."""
        return any(code in self._claims for code in codes)

    def claimed_by(self, *codes: str) -> Mask:
        """Sockets that findings of these codes explain already."""
        result = np.zeros(self.count, bool)
        for code in codes:
            if code in self._claims:
                result |= self._claims[code]
        return result

    def unclaimed(self, codes: Sequence[str]) -> Mask:
        """The others: for a rule, `facts.unclaimed(RULE.yields_to)`."""
        return ~self.claimed_by(*codes)


def _few(rows: Iterable[int]) -> Rows:
    chosen: Any = rows
    return np.asarray(chosen, np.int64)[:ROWS_ASKED] if isinstance(chosen, np.ndarray) else np.array(list(chosen)[:ROWS_ASKED], np.int64)
