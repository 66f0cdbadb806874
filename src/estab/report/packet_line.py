"""A packet as tcpdump writes it: `[S.] seq 0, ack 1, win 64240, len 0, <mss 1460>`, numbers relative to the connection's first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from estab.report.packets import Packet
from estab.seq import distance, wrap
from estab.text import Text, Translator, msg
from estab.track.connections import CLIENT, SERVER
from estab.track.records import HAS_ISN
from estab.track.verdict import Verdict
from estab.wire import columns
from estab.wire.columns import ACK, FIN, KIND_ICMP_ERROR, PSH, RST, SYN, URG

if TYPE_CHECKING:
    from estab.track import Connections

VERDICT_WORDS = {
    Verdict.TIMEOUT: msg("sent again after a timeout"),
    Verdict.FAST_RETRANSMIT: msg("fast retransmit"),
    Verdict.TAIL_PROBE: msg("sent as a tail loss probe"),
    Verdict.RETRANSMISSION: msg("sent again"),
    Verdict.UNNEEDED: msg("needlessly"),
    Verdict.OUT_OF_ORDER: msg("out of order"),
    Verdict.DUPLICATE: msg("copy made by the network"),
    Verdict.KEEPALIVE: msg("keepalive probe"),
    Verdict.KEEPALIVE_ANSWER: msg("answers the keepalive probe"),
    Verdict.WINDOW_PROBE: msg("window probe"),
    Verdict.DUPLICATE_ACK: msg("duplicate ACK"),
    Verdict.DSACK: msg("reports bytes received twice"),
    Verdict.WINDOW_UPDATE: msg("window update"),
    Verdict.ZERO_WINDOW: msg("zero window"),
    Verdict.WINDOW_FULL: msg("window full"),
    Verdict.BEYOND_WINDOW: msg("beyond the window"),
    Verdict.GAP_BEFORE: msg("a segment before it is missing"),
    Verdict.ACKS_UNSEEN: msg("acknowledges what was not captured"),
    Verdict.CHALLENGE_ACK: msg("challenge ACK"),
    Verdict.RESET_IGNORED: msg("reset outside the window, ignored"),
    Verdict.RESET_CHALLENGED: msg("reset not at the window's edge, challenged"),
}
"""What is said of a packet; the ordinary (new data, first packet, super-segment) is not."""

_MORE_EXACT = Verdict.TIMEOUT | Verdict.FAST_RETRANSMIT | Verdict.TAIL_PROBE
"""With one of these `sent again` goes without saying."""


@dataclass(frozen=True, slots=True)
class PacketLine:
    """A packet ready to be shown; `states` are those of client and server after it (0: not known)."""

    time: str
    frame: int
    side: int
    flags: str
    text: str
    verdicts: tuple[Text, ...]
    states: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Numbers:
    """The sequence numbers from which those of each side are counted: its ISN, or its first number that was seen less one."""

    base: tuple[int, int]

    @staticmethod
    def of(connections: Connections, row: int, packets: list[Packet]) -> Numbers:
        """Those of one connection."""
        bases = []
        for side in (CLIENT, SERVER):
            columns_ = connections.side(side)
            known = int(columns_.marks[row]) & HAS_ISN
            bases.append(wrap(int(columns_.isn[row])) if known else _first_number(connections, row, side, packets))
        return Numbers((bases[0], bases[1]))

    def relative(self, side: int, number: int) -> int:
        """A sequence number of this side, counted from its base."""
        return int(distance(number, self.base[side]))


def _first_number(connections: Connections, row: int, side: int, packets: list[Packet]) -> int:
    for packet in packets:
        if packet.kind == KIND_ICMP_ERROR:
            continue
        if side_of(connections, row, packet) == side:
            return (packet.seq - 1) & 0xFFFFFFFF
        if packet.flags & ACK:
            return (packet.ack - 1) & 0xFFFFFFFF
    return 0


def side_of(connections: Connections, row: int, packet: Packet) -> int:
    """0 for a packet of the client, 1 of the server."""
    client = (packet.src0, packet.src1, packet.src2, packet.src3, packet.sport)
    names = ("a0", "a1", "a2", "a3", "a_port")
    return CLIENT if client == tuple(int(getattr(connections, name)[row]) for name in names) else SERVER


def packet_lines(connections: Connections, row: int, packets: list[Packet], numbers: Numbers, tr: Translator) -> list[PacketLine]:
    """The packets in their order, times counted from the first."""
    start_ns = packets[0].time_ns if packets else 0
    return [_line(packet, side_of(connections, row, packet), numbers, start_ns, tr) for packet in packets]


def _line(packet: Packet, side: int, numbers: Numbers, start_ns: int, tr: Translator) -> PacketLine:
    time = f"{(packet.time_ns - start_ns) / 1e9:.6f}"
    if packet.kind == KIND_ICMP_ERROR:
        text = f"ICMP type {packet.icmp_type} code {packet.icmp_code}" + (f" mtu {packet.icmp_mtu}" if packet.icmp_mtu else "")
        about = tr(msg("about seq {number}", number=numbers.relative(side, packet.seq)))
        return PacketLine(time, packet.frame, 1 - side, "ICMP", f"{text}, {about}", (), (0, 0))
    states = packet.states_sender, packet.states_receiver
    flags = spell_flags(packet.flags)
    text = f"{flags} {', '.join(_parts(packet, side, numbers))}"
    return PacketLine(time, packet.frame, side, flags, text, verdict_words(packet.verdict), (states[side], states[1 - side]))


def spell_flags(flags: int) -> str:
    """Flags in tcpdump's letters, `.` for ACK: `[S]`, `[S.]`, `[P.]`.

    >>> spell_flags(SYN | ACK), spell_flags(ACK), spell_flags(0)
    ('[S.]', '[.]', '[none]')
    """
    letters = ((FIN, "F"), (SYN, "S"), (RST, "R"), (PSH, "P"), (ACK, "."), (URG, "U"), (columns.ECE, "E"), (columns.CWR, "W"))
    return f"[{''.join(letter for bit, letter in letters if flags & bit) or 'none'}]"


def _parts(packet: Packet, side: int, numbers: Numbers) -> Iterator[str]:
    start = numbers.relative(side, packet.seq)
    if packet.payload or packet.flags & (SYN | FIN | RST):
        yield f"seq {start}:{start + packet.payload}" if packet.payload else f"seq {start}"
    if packet.flags & ACK:
        yield f"ack {numbers.relative(1 - side, packet.ack)}"
    yield f"win {packet.window}"
    options = list(_options(packet, side, numbers))
    if options:
        yield f"<{' '.join(options)}>"
    yield f"len {packet.payload}"


def _options(packet: Packet, side: int, numbers: Numbers) -> Iterator[str]:
    if packet.options & columns.OPT_MSS:
        yield f"mss {packet.mss}"
    if packet.options & columns.OPT_WINDOW_SCALE:
        yield f"wscale {packet.wscale}"
    if packet.options & columns.OPT_SACK_PERMITTED:
        yield "sackOK"
    if packet.options & columns.OPT_SACK and packet.sack_blocks:
        blocks = [(packet.sack0_left, packet.sack0_right), (packet.sack1_left, packet.sack1_right)][: packet.sack_blocks]
        spelled = ",".join(f"{numbers.relative(1 - side, left)}:{numbers.relative(1 - side, right)}" for left, right in blocks)
        yield f"sack {spelled}"
    if packet.options & columns.OPT_FAST_OPEN:
        yield "tfo"
    if packet.options & columns.OPT_MPTCP:
        yield "mptcp"


def verdict_words(verdict: int) -> tuple[Text, ...]:
    """What is remarkable about a packet."""
    bits = Verdict(verdict)
    if bits & _MORE_EXACT:
        bits &= ~Verdict.RETRANSMISSION
    return tuple(text for bit, text in VERDICT_WORDS.items() if bits & bit)
