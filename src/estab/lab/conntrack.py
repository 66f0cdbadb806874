"""A table of connections as firewalls and NATs keep it: for each connection the *original* tuple, as its first packet had it, and the
*reply* tuple that answers carry, so that a packet of either direction is recognised and translated.

States and timeouts are those of Linux (nf_conntrack, `net.netfilter.nf_conntrack_tcp_timeout_*`).  A table watches from the middle: its
states are its guesses of both ends together and have nothing to do with an end's own state machine.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from estab.instant import MINUTE_NS, SECOND_NS
from estab.wire.segment import ACK, FIN, RST, SYN, Packet

FourTuple = tuple[str, int, str, int]
"""Source address and port, destination address and port."""


class TrackState(enum.Enum):
    """What a table believes of a connection (enum tcp_conntrack)."""

    SYN_SENT = "SYN_SENT"
    SYN_RECV = "SYN_RECV"
    ESTABLISHED = "ESTABLISHED"
    FIN_WAIT = "FIN_WAIT"
    CLOSE_WAIT = "CLOSE_WAIT"
    LAST_ACK = "LAST_ACK"
    TIME_WAIT = "TIME_WAIT"
    CLOSE = "CLOSE"


TIMEOUTS_NS: Mapping[TrackState, int] = {
    TrackState.SYN_SENT: 120 * SECOND_NS,
    TrackState.SYN_RECV: 60 * SECOND_NS,
    TrackState.ESTABLISHED: 432_000 * SECOND_NS,
    TrackState.FIN_WAIT: 120 * SECOND_NS,
    TrackState.CLOSE_WAIT: 60 * SECOND_NS,
    TrackState.LAST_ACK: 30 * SECOND_NS,
    TrackState.TIME_WAIT: 120 * SECOND_NS,
    TrackState.CLOSE: 10 * SECOND_NS,
}
"""How long an entry lives without a packet, as Linux has it."""

SWEEP_NS = SECOND_NS
_CLOSING = frozenset({TrackState.FIN_WAIT, TrackState.CLOSE_WAIT, TrackState.LAST_ACK})


class Stranger(enum.Enum):
    """What happens to a packet of a connection that the table does not know (any more)."""

    DROP = "drop"
    """Silently: both ends go on believing in the connection."""
    RESET = "reset"
    """Its sender gets a RST in the name of the other end."""
    PICK_UP = "pick up"
    """It makes an entry, as nf_conntrack_tcp_loose=1 does."""


@dataclass(slots=True)
class Entry:
    """One connection."""

    original: FourTuple
    reply: FourTuple
    state: TrackState = TrackState.SYN_SENT
    expires_ns: int = 0
    fin_original: bool = False
    fin_reply: bool = False
    next_original: int = 0
    """Sequence number that the original side sends next, for a RST in its name."""
    next_reply: int = 0
    packets: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSettings:
    """How a table behaves; `timeouts_ns` are those that differ from Linux."""

    entries: int = 65_536
    stranger: Stranger = Stranger.PICK_UP
    timeouts_ns: Mapping[TrackState, int] = field(default_factory=dict)

    @staticmethod
    def idle(established_ns: int = 5 * MINUTE_NS, stranger: Stranger = Stranger.DROP) -> TableSettings:
        """A table that forgets established connections after so long without a packet."""
        return TableSettings(stranger=stranger, timeouts_ns={TrackState.ESTABLISHED: established_ns})


class Conntrack:
    """The table."""

    def __init__(self, settings: TableSettings | None = None) -> None:
        self.settings = settings or TableSettings()
        self._timeouts_ns = {**TIMEOUTS_NS, **self.settings.timeouts_ns}
        self._entries: dict[FourTuple, tuple[Entry, bool]] = {}
        self._swept_ns = 0
        self.count = 0
        self.refused = 0
        """Connections for which there was no room ("table full, dropping packet")."""
        self.expired = 0

    def find(self, tuple_: FourTuple, now_ns: int) -> tuple[Entry, bool] | None:
        """The entry of a packet, and whether it travels in the direction of replies; an expired one is forgotten here."""
        found = self._entries.get(tuple_)
        if found is not None and found[0].expires_ns <= now_ns:
            self.remove(found[0])
            self.expired += 1
            return None
        return found

    def is_taken(self, reply: FourTuple, now_ns: int) -> bool:
        """Whether answers of this tuple belong to a connection already."""
        return self.find(reply, now_ns) is not None

    def add(self, original: FourTuple, reply: FourTuple, state: TrackState, now_ns: int) -> Entry | None:
        """A new connection, or None where the table is full."""
        if self.count >= self.settings.entries and not self._make_room(now_ns):
            self.refused += 1
            return None
        entry = Entry(original, reply, state, now_ns + self._timeouts_ns[state])
        self._entries[original] = (entry, False)
        self._entries[reply] = (entry, True)
        self.count += 1
        return entry

    def remove(self, entry: Entry) -> None:
        """Forgets a connection."""
        if self._entries.pop(entry.original, None) is not None:
            self.count -= 1
        self._entries.pop(entry.reply, None)

    def clear(self) -> None:
        """Forgets all, as at a restart or a failover."""
        self._entries.clear()
        self.count = 0

    def entries(self) -> Iterator[Entry]:
        """All entries, in the order in which they were made."""
        return (entry for entry, is_reply in self._entries.values() if not is_reply)

    def _make_room(self, now_ns: int) -> bool:
        if now_ns < self._swept_ns + SWEEP_NS:
            return False
        self._swept_ns = now_ns
        for entry in [entry for entry in self.entries() if entry.expires_ns <= now_ns]:
            self.remove(entry)
            self.expired += 1
        return self.count < self.settings.entries

    def saw(self, entry: Entry, packet: Packet, is_reply: bool, now_ns: int) -> None:
        """Takes note of a packet: its state, and how long the entry lives from now on."""
        segment = packet.segment
        entry.packets += 1
        if not segment.flags & RST:
            end = (segment.seq + segment.length) & 0xFFFFFFFF
            if is_reply:
                entry.next_reply = end
            else:
                entry.next_original = end
        entry.state = after(entry, segment.flags, is_reply)
        entry.expires_ns = now_ns + self._timeouts_ns[entry.state]


def after(entry: Entry, flags: int, is_reply: bool) -> TrackState:
    """The state of an entry after a packet with these flags."""
    state = entry.state
    if flags & RST:
        return TrackState.CLOSE
    if flags & SYN:
        if flags & ACK:
            return TrackState.SYN_RECV if state is TrackState.SYN_SENT and is_reply else state
        if state in {TrackState.TIME_WAIT, TrackState.CLOSE}:
            entry.fin_original = entry.fin_reply = False
            return TrackState.SYN_SENT
        return state
    if flags & FIN:
        if is_reply:
            entry.fin_reply = True
        else:
            entry.fin_original = True
        return TrackState.LAST_ACK if entry.fin_original and entry.fin_reply else TrackState.FIN_WAIT
    if not flags & ACK:
        return state
    if state is TrackState.SYN_RECV and not is_reply:
        return TrackState.ESTABLISHED
    if state in _CLOSING:
        return TrackState.TIME_WAIT if state is TrackState.LAST_ACK else TrackState.CLOSE_WAIT
    return state


def tuple_of(packet: Packet) -> FourTuple:
    """The tuple of a packet as it is now."""
    return (packet.source, packet.source_port, packet.destination, packet.destination_port)


def inverse(tuple_: FourTuple) -> FourTuple:
    """The tuple of the other direction."""
    return (tuple_[2], tuple_[3], tuple_[0], tuple_[1])


def readdress(packet: Packet, tuple_: FourTuple) -> None:
    """Gives a packet this tuple."""
    packet.source, packet.source_port, packet.destination, packet.destination_port = tuple_
