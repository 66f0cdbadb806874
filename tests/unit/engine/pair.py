"""Two connections, a wire between them, and a clock of their own: no test of the engine waits for anything.

`Pair.run` jumps from one event to the next: an arrival or a deadline.  What was sent stands in `Pair.wire`, so that a failing test shows
the conversation.  `fate` decides about each segment: the delays after which copies of it arrive, none if it is lost.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from estab.engine.connection import Connection
from estab.engine.events import Event, StateChanged
from estab.engine.options import ConnectionConfig
from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.machine.states import State
from estab.wire.segment import ACK, FIN, PSH, RST, SYN, Segment
from tests.unit.engine.configs import CLIENT, SERVER, config

Fate = Callable[["Sent"], Sequence[int]]


@dataclass(frozen=True)
class Sent:
    """One segment on the wire; `number` counts those of one side from 0."""

    at_ns: int
    side: str
    number: int
    segment: Segment
    ecn: int

    def __str__(self) -> str:
        flags = "".join(letter for letter, bit in (("S", SYN), ("F", FIN), ("R", RST), ("P", PSH), (".", ACK)) if self.segment.flags & bit)
        seq, ack = self.segment.seq, self.segment.ack
        return f"{self.at_ns / 1e9:10.6f} {self.side} {flags} {seq}:{seq + len(self.segment.payload)} ack {ack} win {self.segment.window}"


class Pair:
    """A client and a server; `delay_ns` is the time of one way."""

    def __init__(
        self,
        client: Connection | None = None,
        server: Connection | None = None,
        *,
        delay_ns: int = 10 * MILLISECOND_NS,
        fate: Fate | None = None,
        client_config: ConnectionConfig | None = None,
        server_config: ConnectionConfig | None = None,
        now_ns: int = SECOND_NS,
    ) -> None:
        self.now_ns = now_ns
        self.delay_ns = delay_ns
        self.fate: Fate = fate or (lambda _sent: (self.delay_ns,))
        self.wire: list[Sent] = []
        self._flights: list[tuple[int, int, str, Sent]] = []
        self._launched = 0
        self.events: dict[str, list[Event]] = {"client": [], "server": []}
        self.client = client or Connection.active(client_config or config(CLIENT, SERVER, seed=1), now_ns)
        self.server = server or Connection.passive(server_config or config(SERVER, CLIENT, seed=2), now_ns)

    def __getitem__(self, side: str) -> Connection:
        return self.client if side == "client" else self.server

    def flush(self) -> None:
        """Everything that leaves now leaves, and all events are taken."""
        for side in ("client", "server"):
            connection = self[side]
            while (segment := connection.poll_transmit(self.now_ns)) is not None:
                self._launch(side, segment, connection.transmit_ecn)
            while (event := connection.poll_event()) is not None:
                self.events[side].append(event)

    def _launch(self, side: str, segment: Segment, ecn: int) -> None:
        sent = Sent(self.now_ns, side, sum(1 for other in self.wire if other.side == side), segment, ecn)
        self.wire.append(sent)
        for delay_ns in self.fate(sent):
            self._launched += 1
            heapq.heappush(self._flights, (self.now_ns + delay_ns, self._launched, side, sent))

    def step(self, limit_ns: int) -> bool:
        """The next event not after the limit; False if there is none."""
        self.flush()
        deadlines = [deadline for side in ("client", "server") if (deadline := self[side].poll_deadline()) is not None]
        at = min([*deadlines, *(flight[0] for flight in self._flights[:1])], default=None)
        if at is None or at > limit_ns:
            return False
        self.now_ns = max(self.now_ns, at)
        while self._flights and self._flights[0][0] <= self.now_ns:
            _, _, side, sent = heapq.heappop(self._flights)
            other = self.server if side == "client" else self.client
            other.handle_segment(sent.segment, self.now_ns, ecn=sent.ecn)
            self.flush()
        for side in ("client", "server"):
            deadline = self[side].poll_deadline()
            if deadline is not None and deadline <= self.now_ns:
                self[side].handle_deadline(self.now_ns)
        self.flush()
        return True

    def run(self, for_ns: int = SECOND_NS, *, until: Callable[[], bool] | None = None, most_steps: int = 100_000) -> None:
        """Let time pass; ends early when `until` holds or nothing can happen any more."""
        limit = self.now_ns + for_ns
        for _ in range(most_steps):
            if until is not None and until():
                return
            if not self.step(limit):
                break
        else:
            raise AssertionError("no end in sight:\n" + self.story(last=40))
        if until is None:
            self.now_ns = max(self.now_ns, limit)

    def open(self) -> Pair:
        """Run the handshake."""
        self.run(30 * SECOND_NS, until=lambda: self.states == (State.ESTABLISHED, State.ESTABLISHED))
        assert self.states == (State.ESTABLISHED, State.ESTABLISHED), self.story()
        return self

    @property
    def states(self) -> tuple[State, State]:
        """Of the client and the server."""
        return self.client.state, self.server.state

    def sent_by(self, side: str, *, since: int = 0) -> list[Segment]:
        """What one side has sent since a place in `wire`."""
        return [sent.segment for sent in self.wire[since:] if sent.side == side]

    def path(self, side: str) -> list[State]:
        """The states that one side has gone through, as its events tell."""
        changes = [event for event in self.events[side] if isinstance(event, StateChanged)]
        return [changes[0].old, *(change.new for change in changes)] if changes else []

    def story(self, *, last: int = 200) -> str:
        """The wire for a reader."""
        return "\n".join(str(sent) for sent in self.wire[-last:])

    def transfer(self, side: str, data: bytes, *, for_ns: int = 60 * SECOND_NS) -> bytes:
        """Write `data` on one side as room comes, read it on the other; gives what was read."""
        writer, reader = (self.client, self.server) if side == "client" else (self.server, self.client)
        written, read = 0, bytearray()
        limit = self.now_ns + for_ns
        while len(read) < len(data) and self.now_ns < limit:
            if written < len(data):
                written += writer.write(data[written:], self.now_ns)
            progress = self.step(limit)
            read += reader.read(1 << 20, self.now_ns)
            if not progress and written == len(data):
                break
        self.flush()
        return bytes(read)


def simultaneous(*, fate: Fate | None = None) -> Pair:
    """Two active openings that cross."""
    client, server = (Connection.active(config(*ends), SECOND_NS) for ends in ((CLIENT, SERVER), (SERVER, CLIENT)))
    return Pair(client, server, fate=fate)
