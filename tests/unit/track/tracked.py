"""What the tracker says of a conversation (see tests/rules/conversation.py), with names in place of bits."""

from __future__ import annotations

import copy
from typing import Any

from estab.lives import Life
from estab.machine.states import spell
from estab.track import Connections, Tracker
from estab.track.verdict import Verdict
from tests.rules.conversation import Capture


class Tracked:
    """The packets of a capture after they were tracked, and the connections; the capture ends at its present time."""

    def __init__(self, capture: Capture) -> None:
        self.rows: list[Any] = [copy.copy(row) for row in capture.rows]
        tracker = Tracker()
        tracker.feed(self.rows, len(self.rows), Life.INTERPRETED)
        tracker.last_ns = max(tracker.last_ns, capture.now_ns)
        self.connections: Connections = tracker.finish()

    def verdicts(self, since: int = 0) -> list[Verdict]:
        """The verdicts of the packets from one on."""
        return [Verdict(row.verdict) for row in self.rows[since:]]

    @property
    def last(self) -> Verdict:
        """The verdict of the last packet."""
        return Verdict(self.rows[-1].verdict)

    def client(self, field: str, row: int = 0) -> int:
        """A field of a connection's client."""
        return int(getattr(self.connections.client, field)[row])

    def server(self, field: str, row: int = 0) -> int:
        """A field of a connection's server."""
        return int(getattr(self.connections.server, field)[row])

    def has(self, mark: int, row: int = 0) -> bool:
        """Whether a connection has a mark."""
        return int(self.connections.marks[row]) & mark != 0

    def now(self, row: int = 0) -> tuple[str, str]:
        """The states of client and server when the capture ends."""
        return spell(int(self.connections.states_now(0)[row])), spell(int(self.connections.states_now(1)[row]))

    def after(self, packet: int) -> tuple[str, str]:
        """The states of a packet's sender and receiver after it."""
        return spell(self.rows[packet].states_sender), spell(self.rows[packet].states_receiver)

    def paths(self, row: int = 0) -> tuple[list[str], list[str]]:
        """The ways of client and server through the state machine."""
        return self.connections.states(row, 0), self.connections.states(row, 1)


def tracked(capture: Capture) -> Tracked:
    """Tracks a capture."""
    return Tracked(capture)
