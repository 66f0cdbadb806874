"""Segments that nobody should send, into connections in every state, and what must hold all the same."""

from __future__ import annotations

from estab.chance import Chance
from estab.engine.connection import Connection
from estab.engine.options import Settings
from estab.engine.reassembly import RANGE_OVERHEAD_BYTES
from estab.engine.signals import CallRefused
from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.machine.states import State
from estab.seq import MASK
from estab.wire.codec import decode, encode
from estab.wire.segment import ACK, FIN, PSH, RST, SYN, URG, IcmpError, IcmpKind, Packet, Segment, SynOptions
from tests.unit.engine.configs import CLIENT, LINUX, SERVER, config
from tests.unit.engine.named import Named, in_state

PATTERN = bytes((position * 7 + position // 251) & 255 for position in range(1 << 16))
"""Its length divides 2^32, so that it goes on where sequence numbers wrap."""
LARGEST_PAYLOAD = 3000
LIKELY_FLAGS = (ACK, ACK, ACK | PSH, ACK | FIN, SYN, SYN | ACK, RST, RST | ACK, ACK | URG, FIN, 0, 0xFF)


def pattern(position: int, length: int) -> bytes:
    """The bytes that belong at a position: whoever sends them, they are the same, so that a stream can be checked."""
    at = position % len(PATTERN)
    return (PATTERN[at:] + PATTERN * (length // len(PATTERN) + 1))[:length]


class Storm:
    """One connection and an attacker who knows its numbers well enough to be a nuisance."""

    def __init__(self, seed: int) -> None:
        self.chance = Chance(seed)
        self.begin()

    def begin(self) -> None:
        """A new connection, in any state, with any settings."""
        chance = self.chance
        knobs = LINUX.but(tcp_ecn=chance.below(2), tcp_rfc1337=chance.below(2))
        settings = Settings(
            rcvbuf_bytes=(None, 2304, 20_000)[chance.below(3)],
            oob_inline=bool(chance.below(2)),
            keepalive=bool(chance.below(2)),
            advertised_user_timeout_s=chance.below(2) * 120,
        )
        state = tuple(State)[chance.below(len(State))]
        made = config(CLIENT, SERVER, seed=chance.bits32(), knobs=knobs, settings=settings)
        self.named: Named = in_state(state, passive=bool(chance.below(2)), made=made)
        self.has_urgent = False
        self.irs: int | None = None

    @property
    def connection(self) -> Connection:
        """The victim."""
        return self.named.connection

    def near(self, number: int, reach: int) -> int:
        """A number that is right, nearly right, or anything."""
        choice = self.chance.below(8)
        if choice < 3:
            return number
        if choice < 5:
            return number + self.chance.below(3) - 1
        if choice < 7:
            return number + self.chance.below(2 * reach + 1) - reach
        return self.chance.bits32()

    def segment(self) -> Segment:
        """The next segment; its payload is what belongs at its position."""
        chance, connection = self.chance, self.connection
        receiver = connection.receiver
        expected = self.named.seq if receiver is None else receiver.rcv_nxt
        flags = LIKELY_FLAGS[chance.below(len(LIKELY_FLAGS))] if chance.below(6) else chance.below(512)
        if flags & RST and chance.below(10):
            flags &= ~RST
        if flags & FIN and chance.below(3):
            flags &= ~FIN
        seq = self.near(expected, 70_000)
        length = chance.below(LARGEST_PAYLOAD) if chance.below(2) else chance.below(3)
        place = expected + ((seq - expected + 0x80000000) & MASK) - 0x80000000
        payload = b"" if self.chance.below(3) == 0 else pattern(place + (1 if flags & SYN else 0), length)
        ack = (self.near(connection.snd_nxt, 5000) if chance.below(3) == 0 else connection.snd_nxt) & MASK
        segment = Segment(seq & MASK, ack, flags, chance.below(0x10000) if chance.below(4) else 0, payload)
        if flags & URG:
            segment.urgent = chance.below(0x10000) if chance.below(2) else chance.below(4)
            self.has_urgent = True
        if chance.below(2):
            segment.tsval, segment.tsecr = self.near(connection.ts_recent, 10_000) & MASK, chance.bits32() if chance.below(2) else 0
        if chance.below(3) == 0:
            lefts = [self.near(connection.snd_nxt, 5000) for _ in range(chance.below(4))]
            segment.sack = tuple((left & MASK, self.near(left + 100, 3000) & MASK) for left in lefts)
        if flags & SYN:
            segment.syn = SynOptions(chance.below(0x10000) if chance.below(3) else None, chance.below(256), bool(chance.below(2)))
        if chance.below(20) == 0:
            segment.user_timeout_s = chance.below(0x8000)
        return segment

    def step(self) -> None:
        """One event: mostly a segment, sometimes an ICMP error, a call, time."""
        chance = self.chance
        if self.connection.state is State.CLOSED and chance.below(3) == 0:
            self.begin()
        named, connection = self.named, self.connection
        what = chance.below(12)
        edge = self.right_edge()
        if what < 9:
            connection.handle_segment(self.segment(), named.now_ns, ecn=chance.below(4))
        elif what == 9:
            kind = tuple(IcmpKind)[chance.below(len(IcmpKind))]
            seq = self.near(connection.snd_nxt, 3000) & MASK
            error = IcmpError(kind, "10.9.9.9", CLIENT.address, CLIENT.port, SERVER.address, SERVER.port, seq, chance.below(2000))
            connection.handle_icmp(error, named.now_ns)
        elif what == 10:
            self.call()
        else:
            named.now_ns += chance.below(
                (5 * MILLISECOND_NS, SECOND_NS, 100 * SECOND_NS)[min(chance.below(12) // 4, 2) if chance.below(3) == 0 else 0]
            )
            connection.handle_deadline(named.now_ns)
        self.check(edge)

    def call(self) -> None:
        """What a user may do at any time."""
        connection, now_ns = self.connection, self.named.now_ns
        choice = self.chance.below(12)
        try:
            if choice < 4:
                connection.write(bytes(self.chance.below(4000)), now_ns, urgent=self.chance.below(8) == 0)
            elif choice < 10:
                self.read()
            elif choice == 10 and self.chance.below(8) == 0:
                connection.shutdown_write(now_ns)
            elif choice == 11 and self.chance.below(16) == 0:
                connection.close(now_ns)
        except CallRefused:
            pass

    def read(self) -> None:
        """Whatever can be read is what the pattern has at this place."""
        connection = self.connection
        receiver = connection.receiver
        if receiver is None:
            return
        if self.has_urgent:  # an out-of-band byte leaves a gap in what is read
            connection.read_urgent(self.named.now_ns)
            before = receiver.copied_seq
            text = connection.read(1 + self.chance.below(5000), self.named.now_ns)
            assert text == pattern(receiver.copied_seq - len(text), len(text)), "the stream is damaged"
            assert receiver.copied_seq - before in {len(text), len(text) + 1}
            return
        before = receiver.copied_seq
        text = connection.read(1 + self.chance.below(5000), self.named.now_ns)
        assert text == pattern(before, len(text)), "the stream is damaged"
        assert receiver.copied_seq == before + len(text)

    def right_edge(self) -> int | None:
        """Where the announced window ends, as long as there is the same connection."""
        receiver = self.connection.receiver
        self.irs = None if receiver is None else receiver.irs
        return None if receiver is None else receiver.rcv_wup + receiver.rcv_wnd

    def check(self, edge: int | None) -> None:
        """What no segment may break."""
        connection, named = self.connection, self.named
        sent = 0
        while (segment := connection.poll_transmit(named.now_ns)) is not None:
            sent += 1
            assert sent < 1000, "a flood"
            packet = Packet(CLIENT.address, CLIENT.port, SERVER.address, SERVER.port, segment)
            assert decode(encode(packet)) == packet
            assert len(encode(packet)) <= connection.config.mtu_bytes
        deadline = connection.poll_deadline()
        assert deadline is None or deadline > named.now_ns or connection.state is not State.CLOSED
        while connection.poll_event() is not None:
            pass
        receiver, sender = connection.receiver, connection.sender
        if sender is not None:
            assert sender.snd_una <= sender.snd_nxt
        if receiver is None or receiver.irs != self.irs:
            return
        held = 0 if receiver.reassembly is None else receiver.reassembly.cost_bytes
        assert held + receiver.unread_bytes <= receiver.rcvbuf_bytes + RANGE_OVERHEAD_BYTES, "more memory than was promised"
        if edge is not None and connection.state is not State.CLOSED:
            assert receiver.rcv_wup + receiver.rcv_wnd >= edge, "the window has shrunk"


def storm(seed: int, steps: int) -> None:
    """So many steps; a connection that has ended goes on being shot at for a while before the next begins."""
    weather = Storm(seed)
    for _ in range(steps):
        weather.step()
