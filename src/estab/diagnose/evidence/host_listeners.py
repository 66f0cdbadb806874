"""Listeners of a live host: their accept queues, and the connections that wait in them."""

from __future__ import annotations

import numpy as np

from estab.diagnose.finding import CounterEvidence
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.host_table import Mask, Rows
from estab.machine.states import State
from estab.text import format_count, msg


def full_listeners(facts: HostFacts, among: Mask) -> list[HostGroup]:
    """Listeners whose accept queue is longer than its limit: a queue takes backlog + 1.  The fullest first."""
    t = facts.t
    full = t.listening & (t["recv_queue"] > t["send_queue"]) & among
    return [_group(facts, row) for row in _worst_first(t["recv_queue"], full)]


def likely_overflown(facts: HostFacts) -> HostGroup | None:
    """The listener whose accept queue is, or was, the longest for its limit; where all are empty, the one with the most new connections."""
    t = facts.t
    length = np.maximum(t["recv_queue"], t.was("recv_queue"))
    filled = t.listening & (length > 0)
    if not filled.any():
        return _busiest(facts)
    fill = length * 1000 // np.maximum(t["send_queue"] + 1, 1)
    return _group(facts, int(_worst_first(fill, filled)[0]))


def _busiest(facts: HostFacts) -> HostGroup | None:
    t = facts.t
    ports, counts = np.unique(t["local_port"][t.inbound & t.is_new], return_counts=True)
    rows = [facts.listener_of(int(port)) for port in ports[np.argsort(-counts, kind="stable")].tolist()]
    return next((_group(facts, row) for row in rows if row is not None), None)


def _worst_first(badness: np.ndarray[tuple[int, ...], np.dtype[np.int64]], mask: Mask) -> list[int]:
    rows = np.flatnonzero(mask)
    return rows[np.argsort(-badness[rows], kind="stable")].tolist()  # type: ignore[no-any-return]


def _group(facts: HostFacts, row: int) -> HostGroup:
    return HostGroup(facts.t.local(row), np.array([row]), inbound=True)


def waiting_to_be_accepted(facts: HostFacts, port: int) -> Rows:
    """Connections that are complete and that no process has taken from the accept queue: they have no inode yet."""
    t = facts.t
    return np.flatnonzero(t.state(State.ESTABLISHED, State.CLOSE_WAIT) & (t["inode"] == 0) & (t["local_port"] == port))


def queue_words(facts: HostFacts, row: int) -> CounterEvidence:
    """The length of an accept queue against its limit."""
    length, limit, before = int(facts.t["recv_queue"][row]), int(facts.t["send_queue"][row]), int(facts.t.was("recv_queue")[row])
    values = {"length": format_count(length), "limit": format_count(limit), "before": format_count(before)}
    return CounterEvidence(
        msg("accept queue: {length} waiting, limit {limit} (before: {before})", **values), "accept_queue", before, length
    )
