"""What the engine knows and no observer sees: the state in which each end really was when it sent each segment.

A listener that answers a SYN with a cookie has no connection and stays in LISTEN, and nothing on the wire tells it from one that keeps an
entry.  What SYN-RECEIVED means for the other end holds for both -- the third segment makes it ESTABLISHED, a RST or nothing makes it LISTEN
-- and so such an end counts as being in SYN-RECEIVED.

A world keeps it only for the closed loop (see `loop`).  Ends are named by the host and the four-tuple as the host itself sees it; segments
by identity, which copies and translated packets share.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from estab.lab.packets import Datum, segment_of
from estab.machine.states import State
from estab.wire.segment import ACK, RST, SYN, Packet, Segment

if TYPE_CHECKING:
    from estab.lab.host import Host

SAID_MOST = 50_000
"""Segments that can still be asked for: more than are ever under way."""

BEFORE = frozenset({State.CLOSED, State.LISTEN})

EndKey = tuple[str, str, int, str, int]
"""Host, local address and port, remote address and port."""


@dataclass(slots=True)
class End:
    """One end of a connection."""

    key: EndKey
    state: State = State.CLOSED
    before: State = State.CLOSED
    """The state before the latest change."""
    emitted: int = 0
    lives: int = 0
    """How often it has left CLOSED or LISTEN: connections that it has had on this four-tuple."""
    silent: bool = False
    """Its latest change of state neither answered a packet nor sent one: nobody outside can know of it."""


@dataclass(frozen=True, slots=True)
class Said:
    """A segment as it left: by whom, in which state, and the how-manieth of this end it was."""

    segment: Segment
    end: End
    state: State
    number: int
    life: int = 0
    """Which of the connections on its four-tuple it speaks for."""


class Truth:
    """The ends of all connections, and what they said lately."""

    def __init__(self) -> None:
        self.ends: dict[EndKey, End] = {}
        self._said: OrderedDict[int, Said] = OrderedDict()

    def end(self, key: EndKey) -> End:
        """The end with this name; CLOSED where nothing was heard of it."""
        end = self.ends.get(key)
        if end is None:
            end = self.ends[key] = End(key)
        return end

    def changed(self, host: Host, event: Any, *, answering: bool) -> None:
        """An end has changed its state; `answering`: because a packet arrived."""
        local, remote = event.local, event.remote
        end = self.end((host.name, local.address, local.port, remote.address, remote.port))
        if event.old in BEFORE:
            end.lives += 1
        end.before, end.state = event.old, event.new
        end.silent = not answering or event.old is State.TIME_WAIT

    def emitted(self, host: Host, packet: Packet) -> None:
        """A host sends a packet."""
        end = self.end((host.name, packet.source, packet.source_port, packet.destination, packet.destination_port))
        end.emitted += 1
        segment, state = packet.segment, end.state
        if state is State.CLOSED and not segment.flags & (SYN | RST):
            state = end.before  # it was made before the end was forgotten, as where there is no room for TIME-WAIT
        else:
            end.silent = False
        if state is State.CLOSED and segment.flags & (SYN | ACK) == SYN | ACK:
            state = end.state = State.SYN_RECEIVED  # in effect: a listener that answers with a cookie keeps nothing (RFC 4987 §3.6)
        said = self._said
        said[id(segment)] = Said(segment, end, state, end.emitted, end.lives)
        if len(said) > SAID_MOST:
            said.popitem(last=False)

    def said(self, datum: Datum) -> Said | None:
        """Who said this packet and in which state; None for packets that no stack has sent."""
        segment = segment_of(datum)
        return None if segment is None else self._said.get(id(segment))

    def forgets(self, host: Host) -> None:
        """A host has lost all it knew, and nobody can see that."""
        for end in self.ends.values():
            if end.key[0] == host.name:
                end.state, end.silent = State.CLOSED, True
