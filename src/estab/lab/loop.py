"""The closed loop: whatever passes a tap goes through `track`, and the state that each end really is in must stand in the tracker's set.

An observer cannot know everything, so an end is compared only where its latest word has passed the tap (`End.emitted`), where its latest
change was not silent, and with its FIN counted from the moment the tap has seen it: until then its owner's close() shows nowhere.
An end that had called close() before the peer's FIN came, but whose own FIN passes only after it has acknowledged that one, is in CLOSING
and looks like one in LAST-ACK: nothing on the wire tells them apart, and so it is compared as the latter.

Connections into which a foreign hand has put segments (attackers, middleboxes) are not compared from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from estab.lab.packets import Datum
from estab.lab.rows import row_of
from estab.lab.truth import End, EndKey, Said
from estab.lives import Life
from estab.machine.states import State, spell
from estab.track import Tracker
from estab.wire.columns import KIND_ICMP_ERROR
from estab.wire.segment import FIN, Packet

if TYPE_CHECKING:
    from estab.lab.tap import Tap
    from estab.track.connections import Connections

WITHOUT_FIN = {State.FIN_WAIT_1: State.ESTABLISHED, State.LAST_ACK: State.CLOSE_WAIT, State.CLOSING: State.CLOSE_WAIT}
"""What an end looks like whose FIN nobody has seen yet."""

WITH_LATE_FIN = {State.CLOSING: State.LAST_ACK, State.TIME_WAIT: State.CLOSED}
"""What an end looks like whose first FIN passed after it had acknowledged the peer's."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An end's true state is missing in the tracker's set."""

    frame: int
    end: EndKey
    state: State
    claimed: int

    def __str__(self) -> str:
        host, address, port, _, _ = self.end
        where = f"packet {self.frame}" if self.frame else "the end"
        return f"{where}: {host} {address}:{port} is in {self.state.label}, the tracker says {spell(self.claimed) or 'nothing'}"


class Witness:
    """Tracks what passes one tap, and compares."""

    def __init__(self, tap: Tap) -> None:
        assert tap.world.truth is not None, "a witness needs the truth: world.truth = Truth()"
        self.tap, self.truth = tap, tap.world.truth
        self.tracker = Tracker()
        self.disagreements: list[Disagreement] = []
        self.compared = 0
        self._ends: dict[tuple[int, str, int], End] = {}
        """Ends by the tracker's connection and the address and port that they have at this tap."""
        self._passed: dict[EndKey, int] = {}
        self._fins: dict[EndKey, int] = {}
        self._late: set[tuple[EndKey, int]] = set()
        self._foreign: set[int] = set()
        self._rows: dict[tuple[EndKey, int], int] = {}
        """The tracker's connection of each of an end's connections."""
        tap.observers.append(self.see)

    def see(self, datum: Datum, time_ns: int, frame: int) -> None:
        """One packet at the tap."""
        row = row_of(datum, time_ns, frame)
        if row is None:
            return
        said = self.truth.said(datum)
        self.tracker.feed([row], 1, Life.INTERPRETED)
        if row.kind == KIND_ICMP_ERROR or not isinstance(datum, Packet):
            return
        connection = int(row.connection)
        if said is None:
            self._foreign.add(connection)
            return
        key = said.end.key
        self._ends[connection, datum.source, datum.source_port] = said.end
        self._passed[key] = max(said.number, self._passed.get(key, 0))
        if datum.segment.flags & FIN and self._fins.get(key) != connection:
            self._fins[key] = connection
            if said.state is State.CLOSING:
                self._late.add((key, connection))
        if connection in self._foreign or self._speaks_for_another(said, connection):
            return
        self._compare_sender(said, int(row.states_sender), connection, frame)
        receiver = self._ends.get((connection, datum.destination, datum.destination_port))
        if receiver is not None and self._may_compare(receiver) and not self._has_another(receiver, connection):
            self._compare(receiver, self._seen_state(receiver, receiver.state, connection), int(row.states_receiver), frame)

    def _speaks_for_another(self, said: Said, connection: int) -> bool:
        """Whether a packet belongs, for its sender, to a connection that went by before under the same four-tuple: a SYN that meets the
        corpse of one is answered in its name (RFC 5961 §4)."""
        return said.life > 0 and self._rows.setdefault((said.end.key, said.life), connection) != connection

    def _has_another(self, end: End, connection: int) -> bool:
        return self._rows.get((end.key, end.lives), connection) != connection

    def _compare_sender(self, said: Said, claimed: int, connection: int, frame: int) -> None:
        if said.number == self._passed[said.end.key]:  # a copy, or what was overtaken, tells of the past
            self._compare(said.end, self._seen_state(said.end, said.state, connection), claimed, frame)

    def _may_compare(self, end: End) -> bool:
        return not end.silent and self._passed.get(end.key) == end.emitted

    def _seen_state(self, end: End, state: State, connection: int) -> State:
        if (end.key, connection) in self._late:
            return WITH_LATE_FIN.get(state, state)
        return state if self._fins.get(end.key) == connection else WITHOUT_FIN.get(state, state)

    def _compare(self, end: End, state: State, claimed: int, frame: int) -> None:
        self.compared += 1
        if not claimed >> state & 1:
            self.disagreements.append(Disagreement(frame, end.key, state, claimed))

    def finish(self) -> Connections:
        """Compares once more what the tracker says of the end, and gives its connections."""
        connections = self.tracker.finish()
        latest: dict[EndKey, tuple[int, int]] = {}
        for row in range(connections.count):
            for side in (0, 1):
                endpoint = connections.endpoint(row, side)
                end = self._ends.get((row, endpoint.address, endpoint.port))
                if end is not None and row not in self._foreign:
                    latest[end.key] = (row, int(connections.states_now(side)[row]))
        for key, (row, claimed) in latest.items():
            end = self.truth.ends[key]
            if self._may_compare(end):
                self._compare(end, self._seen_state(end, end.state, row), claimed, 0)
        return connections
