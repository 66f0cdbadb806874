"""Boxes in a cable that look at, or meddle with, what passes: `link.insert(box)`.

A box has one direction of its link as `outward` (toward the second node) and the other as `inward`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from estab.lab.match import Match
from estab.lab.packets import Datum, copy_of
from estab.wire.segment import ACK, RST, Packet, Segment, SynOptions

if TYPE_CHECKING:
    from estab.lab.link import Link
    from estab.lab.pipe import Pipe


class Middlebox:
    """A box that lets everything pass; others override `packet`."""

    outward: Pipe | None
    inward: Pipe | None

    def join(self, link: Link) -> None:
        """Puts the box into a link."""
        self.outward, self.inward = link.pipes
        for pipe in link.pipes:
            pipe.stages.append(self)
            pipe.refresh()

    def take(self, datum: Datum, pipe: Pipe, place: int) -> Datum | None:
        """See `pipe.Stage`."""
        del place
        return self.packet(datum, pipe) if isinstance(datum, Packet) else datum

    def packet(self, packet: Packet, pipe: Pipe) -> Packet | None:
        """A TCP packet as it goes on."""
        del pipe
        return packet


def with_segment(packet: Packet, segment: Segment) -> Packet:
    """The packet with another segment."""
    changed = copy_of(packet)
    assert isinstance(changed, Packet)
    changed.segment = segment
    return changed


@dataclass(slots=True)
class OptionStripper(Middlebox):
    """Takes options away, as some firewalls do; `window_scale`: from SYNs, so that neither side scales."""

    mss: bool = False
    window_scale: bool = False
    sack: bool = False
    timestamps: bool = False
    fast_open: bool = False
    outward: Pipe | None = None
    inward: Pipe | None = None

    def packet(self, packet: Packet, pipe: Pipe) -> Packet | None:
        """A packet without these options."""
        del pipe
        segment = packet.segment
        syn = segment.syn
        if syn is not None:
            syn = SynOptions(
                mss_bytes=None if self.mss else syn.mss_bytes,
                window_scale=None if self.window_scale else syn.window_scale,
                sack_permitted=syn.sack_permitted and not self.sack,
                fast_open_cookie=None if self.fast_open else syn.fast_open_cookie,
                fast_open_experimental=syn.fast_open_experimental,
            )
        tsval = None if self.timestamps else segment.tsval
        sack = () if self.sack else segment.sack
        return with_segment(packet, replace(segment, syn=syn, tsval=tsval, sack=sack))


@dataclass(slots=True)
class MssClamp(Middlebox):
    """Lowers the MSS of SYNs that pass, as routers before a tunnel do."""

    most_bytes: int
    outward: Pipe | None = None
    inward: Pipe | None = None

    def packet(self, packet: Packet, pipe: Pipe) -> Packet | None:
        """A SYN that asks for no more."""
        del pipe
        syn = packet.segment.syn
        if syn is None or syn.mss_bytes is None or syn.mss_bytes <= self.most_bytes:
            return packet
        return with_segment(packet, replace(packet.segment, syn=replace(syn, mss_bytes=self.most_bytes)))


@dataclass(slots=True)
class SequenceShift(Middlebox):
    """Adds `by` to the sequence numbers that go outward, and takes it off what comes back, as firewalls that renumber do.

    With `forgets_sack` it leaves SACK blocks as they are, a bug that such firewalls had: they then name what was never sent.
    """

    by: int
    forgets_sack: bool = False
    outward: Pipe | None = None
    inward: Pipe | None = None

    def packet(self, packet: Packet, pipe: Pipe) -> Packet | None:
        """A packet with the numbers of the other side of the box."""
        segment = packet.segment
        if pipe is self.outward:
            return with_segment(packet, replace(segment, seq=(segment.seq + self.by) & 0xFFFFFFFF))
        if not segment.flags & ACK:
            return packet
        ack = (segment.ack - self.by) & 0xFFFFFFFF
        sack = segment.sack
        if not self.forgets_sack:
            sack = tuple(((left - self.by) & 0xFFFFFFFF, (right - self.by) & 0xFFFFFFFF) for left, right in sack)
        return with_segment(packet, replace(segment, ack=ack, sack=sack))


@dataclass(slots=True)
class EcnBleach(Middlebox):
    """Clears the ECN field of IP headers, as routers do that take it for the old TOS."""

    outward: Pipe | None = None
    inward: Pipe | None = None

    def packet(self, packet: Packet, pipe: Pipe) -> Packet | None:
        """The packet without marks."""
        del pipe
        if not packet.ecn:
            return packet
        changed = copy_of(packet)
        assert isinstance(changed, Packet)
        changed.ecn = 0
        return changed


@dataclass(slots=True)
class ResetInjector(Middlebox):
    """Ends connections by RSTs in both ends' names as soon as a packet matches, with exact numbers and a TTL of its own.

    The packet itself goes on, or not (`swallows`); each connection is ended once.
    """

    match: Match
    ttl: int = 61
    swallows: bool = False
    both_ends: bool = True
    injected: int = 0
    outward: Pipe | None = None
    inward: Pipe | None = None
    _done: set[tuple[str, int, str, int]] | None = None

    def packet(self, packet: Packet, pipe: Pipe) -> Packet | None:
        """Lets a packet pass, or ends its connection."""
        done = self._done = self._done if self._done is not None else set()
        key = (packet.source, packet.source_port, packet.destination, packet.destination_port)
        if key in done or not self.match(packet):
            return packet
        done.add(key)
        segment = packet.segment
        back = self.inward if pipe is self.outward else self.outward
        assert back is not None
        clock = pipe.world.clock
        if segment.flags & ACK:
            to_sender = Segment(segment.ack, 0, RST, 0)
            self._inject(back, Packet(key[2], key[3], key[0], key[1], to_sender, ttl=self.ttl))
        if self.both_ends:
            after = (segment.seq + (0 if self.swallows else segment.length)) & 0xFFFFFFFF
            to_receiver = Packet(*key, Segment(after, 0, RST, 0), ttl=self.ttl)
            clock.after(0, lambda late: self._inject(pipe, late), to_receiver)
        return None if self.swallows else packet

    def _inject(self, pipe: Pipe, packet: Packet) -> None:
        self.injected += 1
        pipe.resume(packet, len(pipe.stages))


Meddle = Callable[[Packet], Packet | None]


@dataclass(slots=True)
class Meddler(Middlebox):
    """A box of a scenario's own: what `outwards` and `backwards` make of a packet (None: nothing goes on)."""

    outwards: Meddle | None = None
    backwards: Meddle | None = None
    outward: Pipe | None = None
    inward: Pipe | None = None

    def packet(self, packet: Packet, pipe: Pipe) -> Packet | None:
        """As the functions say."""
        meddle = self.outwards if pipe is self.outward else self.backwards
        return packet if meddle is None else meddle(packet)
