"""One host and a peer that is nothing but segments written by hand."""

from __future__ import annotations

from estab.chance import Chance
from estab.engine.socket_options import SocketOption
from estab.engine.sockets import Socket
from estab.engine.stack import Stack
from estab.instant import SECOND_NS
from estab.knobs.declare import Profile
from estab.knobs.values import KnobValues, profile_values
from estab.wire.segment import ACK, FIN, RST, SYN, Packet, Segment, SynOptions

LINUX = profile_values(Profile.LINUX)
HERE, THERE = "10.0.0.2", "10.0.0.1"
LETTERS = ((SYN, "S"), (FIN, "F"), (RST, "R"), (ACK, "."))


def letters(flags: int) -> str:
    """Flags as tcpdump writes them."""
    return "".join(letter for flag, letter in LETTERS if flags & flag)


class Wire:
    """A stack under test at HERE, and its packets."""

    def __init__(self, knobs: KnobValues = LINUX, seed: int = 1) -> None:
        self.now_ns = 1000 * SECOND_NS
        self.stack = Stack([HERE, "fd00::2"], knobs=knobs, chance=Chance(seed), now_ns=self.now_ns)

    def listen(self, port: int = 80, backlog: int = 8) -> Socket:
        socket = self.stack.socket()
        socket.setsockopt(SocketOption.REUSEADDR, 1, self.now_ns)
        socket.bind("0.0.0.0", port)
        socket.listen(backlog, self.now_ns)
        return socket

    def out(self) -> list[Packet]:
        """Everything that leaves now."""
        packets = []
        while (packet := self.stack.poll_transmit(self.now_ns)) is not None:
            packets.append(packet)
        return packets

    def put(
        self,
        flags: int,
        seq: int,
        ack: int = 0,
        *,
        port: int = 40_000,
        source: str = THERE,
        to: int = 80,
        tsval: int | None = None,
        tsecr: int = 0,
        payload: bytes = b"",
        options: SynOptions | None = None,
    ) -> list[Packet]:
        """One segment arrives; what it is answered."""
        if flags & SYN and options is None:
            options = SynOptions(mss_bytes=1460, window_scale=7, sack_permitted=True)
        segment = Segment(seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, flags, 64_240, payload, tsval, tsecr, syn=options if flags & SYN else None)
        self.stack.handle_packet(Packet(source, port, HERE, to, segment), self.now_ns)
        return self.out()

    def wait(self, seconds: float) -> list[tuple[float, str]]:
        """Let time pass; what left, each with the seconds since the beginning of the wait and its flags."""
        start, end = self.now_ns, self.now_ns + round(seconds * SECOND_NS)
        left = [(0.0, letters(packet.segment.flags)) for packet in self.out()]
        while (when := self.stack.poll_deadline()) is not None and when <= end:
            self.now_ns = max(self.now_ns, when)
            self.stack.handle_deadline(self.now_ns)
            left += [((self.now_ns - start) / SECOND_NS, letters(packet.segment.flags)) for packet in self.out()]
        self.now_ns = end
        return left

    def counted(self, *names: str) -> dict[str, int]:
        """These counters, by their names without `TcpExt.`."""
        return {name: self.stack.counters[name if "." in name else f"TcpExt.{name}"] for name in names}
