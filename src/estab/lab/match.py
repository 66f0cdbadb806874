"""Which packets a rule means: typed conditions that can be joined by `&`, `|` and `~`.

>>> from estab.wire.segment import Packet, Segment
>>> syn_ack = Packet("10.0.0.2", 80, "10.0.0.1", 40000, Segment(1, 2, SYN | ACK, 100))
>>> SYN_ACK(syn_ack), (SYN_ACK & sent_by("10.0.0.1"))(syn_ack), (~DATA)(syn_ack)
(True, False, True)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from estab.lab.packets import Datum, IcmpPacket, length_of
from estab.wire.segment import ACK, FIN, RST, SYN, URG, Packet


@dataclass(frozen=True, slots=True)
class Match:
    """A condition on packets, with words for timelines."""

    holds: Callable[[Datum], bool]
    words: str

    def __call__(self, datum: Datum) -> bool:
        """Whether a packet is meant."""
        return self.holds(datum)

    def __and__(self, other: Match) -> Match:
        mine, others = self.holds, other.holds
        return Match(lambda datum: mine(datum) and others(datum), f"{self.words} and {other.words}")

    def __or__(self, other: Match) -> Match:
        mine, others = self.holds, other.holds
        return Match(lambda datum: mine(datum) or others(datum), f"({self.words} or {other.words})")

    def __invert__(self) -> Match:
        mine = self.holds
        return Match(lambda datum: not mine(datum), f"not {self.words}")


def _tcp(condition: Callable[[Packet], bool], words: str) -> Match:
    """A condition on TCP packets; of others it does not hold."""
    return Match(lambda datum: isinstance(datum, Packet) and condition(datum), words)


def flags(having: int, lacking: int = 0, words: str = "") -> Match:
    """TCP packets with all flags of `having` and none of `lacking`."""
    return _tcp(lambda packet: packet.segment.flags & (having | lacking) == having, words or f"flags {having:#x}")


ANY = Match(lambda datum: True, "any")  # noqa: ARG005 - a condition takes the packet
TCP = _tcp(lambda packet: True, "TCP")  # noqa: ARG005
ICMP = Match(lambda datum: isinstance(datum, IcmpPacket), "ICMP")
SYN_ONLY = flags(SYN, ACK, "SYN")
SYN_ACK = flags(SYN | ACK, 0, "SYN-ACK")
FIN_SET = flags(FIN, 0, "FIN")
RESET = flags(RST, 0, "RST")
URGENT = flags(URG, 0, "URG")
DATA = _tcp(lambda packet: len(packet.segment.payload) > 0, "data")
PURE_ACK = _tcp(lambda packet: packet.segment.flags & (SYN | FIN | RST | ACK) == ACK and not packet.segment.payload, "pure ACK")


def sent_by(address: str, port: int | None = None) -> Match:
    """Packets from an address, or from an address and port."""
    return _end(address, port, source=True)


def sent_to(address: str, port: int | None = None) -> Match:
    """Packets to an address, or to an address and port."""
    return _end(address, port, source=False)


def _end(address: str, port: int | None, *, source: bool) -> Match:
    words = f"{'from' if source else 'to'} {address}" + (f":{port}" if port is not None else "")

    def holds(datum: Datum) -> bool:
        if (datum.source if source else datum.destination) != address:
            return False
        if port is None:
            return True
        return not isinstance(datum, IcmpPacket) and (datum.source_port if source else datum.destination_port) == port

    return Match(holds, words)


def port(number: int) -> Match:
    """TCP packets from or to a port."""
    return _tcp(lambda packet: number in {packet.source_port, packet.destination_port}, f"port {number}")


def longer_than(bytes_: int) -> Match:
    """IP packets of more bytes than this."""
    return Match(lambda datum: length_of(datum) > bytes_, f"longer than {bytes_} bytes")


def payload_between(least: int, most: int) -> Match:
    """TCP packets with a payload of `least` to `most` bytes."""
    return _tcp(lambda packet: least <= len(packet.segment.payload) <= most, f"payload of {least} to {most} bytes")


def holding(text: bytes) -> Match:
    """TCP packets whose payload holds these bytes."""
    return _tcp(lambda packet: text in packet.segment.payload, f"payload with {text!r}")
