"""A connection in any state one can name, and a peer made of single segments.

The peer's numbers stand beside the connection's, so that a test says "one byte too far" and not a number of ten digits.
"""

from __future__ import annotations

from estab.engine.connection import Connection
from estab.engine.options import ConnectionConfig
from estab.instant import SECOND_NS
from estab.machine.states import State
from estab.seq import MASK
from estab.wire.segment import ACK, FIN, SYN, Segment, SynOptions
from tests.unit.engine.configs import CLIENT, SERVER, config

NOW_NS = 100 * SECOND_NS
PEER_ISS = 5000
PEER_WINDOW = 60_000
PEER_OPTIONS = SynOptions(mss_bytes=1460, window_scale=None, sack_permitted=True)


class Named:
    """A connection and the numbers its peer uses next."""

    def __init__(self, connection: Connection, now_ns: int = NOW_NS) -> None:
        self.connection = connection
        self.now_ns = now_ns
        self.seq = PEER_ISS + 1
        """What the peer sends next."""

    def state(self) -> State:
        """The state now."""
        return self.connection.state

    def flush(self) -> list[Segment]:
        """What leaves now."""
        segments = []
        while (segment := self.connection.poll_transmit(self.now_ns)) is not None:
            segments.append(segment)
        return segments

    def gets(
        self,
        flags: int,
        payload: bytes = b"",
        *,
        seq: int = 0,
        ack: int | None = None,
        window: int = PEER_WINDOW,
        ecn: int = 0,
        urgent: int = 0,
        tsval: int | None = None,
        tsecr: int = 0,
        sack: tuple[tuple[int, int], ...] = (),
    ) -> list[Segment]:
        """A segment of the peer arrives; gives what leaves because of it.

        `seq` counts from what the peer would send next, `ack` from what the connection would send next (None: all of it).
        """
        number = self.seq - 1 if flags & SYN else self.seq
        acked = self.connection.snd_nxt + (ack or 0) if flags & ACK else 0
        segment = Segment((number + seq) & MASK, acked & MASK, flags, window, payload, tsval, tsecr, sack, urgent)
        if flags & SYN:
            segment.syn = PEER_OPTIONS
        self.connection.handle_segment(segment, self.now_ns, ecn=ecn)
        return self.flush()

    def sends(self, flags: int, payload: bytes = b"", **fields: int) -> list[Segment]:
        """As `gets`, in its turn: the peer counts on."""
        answer = self.gets(flags, payload, **fields)  # type: ignore[arg-type]
        self.seq += len(payload) + (1 if flags & FIN else 0)
        return answer

    def later(self, duration_ns: int) -> list[Segment]:
        """Let time pass, deadline by deadline; gives what leaves meanwhile."""
        until = self.now_ns + duration_ns
        segments = self.flush()
        while (deadline := self.connection.poll_deadline()) is not None and deadline <= until:
            self.now_ns = max(self.now_ns, deadline)
            self.connection.handle_deadline(self.now_ns)
            segments += self.flush()
        self.now_ns = until
        return segments


def in_state(state: State, *, passive: bool = False, made: ConnectionConfig | None = None) -> Named:
    """A connection in this state, on the way that the RFC's figures show; `passive`: it came from LISTEN where it could."""
    made = made or config(CLIENT, SERVER)
    if state is State.CLOSED:
        return Named(Connection(made, NOW_NS))
    if state is State.LISTEN or (passive and state is not State.SYN_SENT):
        named = Named(Connection.passive(made, NOW_NS))
        if state is State.LISTEN:
            return named
        named.gets(SYN)
    else:
        named = Named(Connection.active(made, NOW_NS))
        named.flush()
        if state is State.SYN_SENT:
            return named
        if state is State.SYN_RECEIVED:
            named.gets(SYN)
            return named
    if state is State.SYN_RECEIVED:
        return named
    named.gets(ACK if passive else SYN | ACK)
    _move_on(named, state)
    assert named.connection.state is state
    while named.connection.poll_event() is not None:
        pass
    return named


def _move_on(named: Named, state: State) -> None:
    """From ESTABLISHED."""
    if state in {State.CLOSE_WAIT, State.LAST_ACK}:
        named.sends(ACK | FIN)
        named.later(SECOND_NS)
    if state in {State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSING, State.LAST_ACK, State.TIME_WAIT}:
        named.connection.shutdown_write(named.now_ns)
        named.flush()
    if state is State.CLOSING:
        named.sends(ACK | FIN, ack=-1)
    if state in {State.FIN_WAIT_2, State.TIME_WAIT}:
        named.gets(ACK)
    if state is State.TIME_WAIT:
        named.sends(ACK | FIN)
