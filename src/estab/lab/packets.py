"""What travels on the links of the lab: TCP packets, ICMP errors that quote one, and datagrams that carry a segment.

All three have `source`, `destination`, `ttl` and `ecn`, so that links and routers need not tell them apart.  A TCP packet is the engine's
own `wire.segment.Packet`.  A packet belongs to whoever has it now; a segment to nobody, because copies share it.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import TypeAlias

from estab.lab.sizes import IPV4_BYTES, IPV6_BYTES, wire_bytes
from estab.wire.segment import ACK, FIN, RST, SYN, IcmpError, IcmpKind, Packet, Segment

UDP_BYTES = 8
ICMP_BYTES = 8
QUOTED_BYTES = 548
"""An ICMP error quotes of the packet as much as fits into 576 bytes (RFC 1812 §4.3.2.3)."""


@dataclass(slots=True)
class IcmpPacket:
    """An ICMP error on its way to the host that sent `quoted`."""

    source: str
    destination: str
    kind: IcmpKind
    quoted: Packet
    mtu_bytes: int = 0
    ttl: int = 64
    ecn: int = 0
    ip_id: int = 0

    def error(self) -> IcmpError:
        """As the host's stack is told of it."""
        quoted = self.quoted
        return IcmpError(
            kind=self.kind,
            reporter=self.source,
            local=quoted.source,
            local_port=quoted.source_port,
            remote=quoted.destination,
            remote_port=quoted.destination_port,
            seq=quoted.segment.seq,
            mtu_bytes=self.mtu_bytes,
        )


@dataclass(slots=True)
class Datagram:
    """A UDP datagram whose payload is the segment of `carried`, ports and all: the same engine over another carrier."""

    source: str
    source_port: int
    destination: str
    destination_port: int
    carried: Packet
    ttl: int = 64
    ecn: int = 0
    ip_id: int = 0
    dont_fragment: bool = True
    corrupt: bool = False

    @property
    def segment(self) -> Segment:
        """The segment inside."""
        return self.carried.segment


Datum: TypeAlias = Packet | IcmpPacket | Datagram


def length_of(datum: Datum) -> int:
    """Bytes of the IP packet."""
    if isinstance(datum, Packet):
        return wire_bytes(datum.source, datum.segment)
    if isinstance(datum, Datagram):
        return UDP_BYTES + wire_bytes(datum.source, datum.segment)
    quoted_bytes = min(QUOTED_BYTES, wire_bytes(datum.quoted.source, datum.quoted.segment))
    return ICMP_BYTES + quoted_bytes + (IPV6_BYTES if ":" in datum.source else IPV4_BYTES)


def copy_of(datum: Datum) -> Datum:
    """A copy with addresses, TTL and marks of its own; the segment is shared."""
    return copy.copy(datum)


def damaged(packet: Packet) -> Packet:
    """A copy whose checksum does not match."""
    return replace(packet, corrupt=True)


def segment_of(datum: Datum) -> Segment | None:
    """The TCP segment inside, if there is one."""
    return None if isinstance(datum, IcmpPacket) else datum.segment


def spell_flags(flags: int) -> str:
    """Flags as tcpdump writes them.

    >>> spell_flags(SYN | ACK), spell_flags(ACK)
    ('[S.]', '[.]')
    """
    letters = "".join(letter for bit, letter in ((FIN, "F"), (SYN, "S"), (RST, "R"), (8, "P"), (ACK, "."), (32, "U")) if flags & bit)
    return f"[{letters or 'none'}]"


def spell(datum: Datum, bases: dict[tuple[str, int, str, int], int] | None = None) -> str:
    """A packet in one line, numbers relative to `bases` (first sequence number by four-tuple) where they hold one."""
    if isinstance(datum, IcmpPacket):
        quoted = datum.quoted
        mtu = f" mtu {datum.mtu_bytes}" if datum.mtu_bytes else ""
        return f"{datum.source} > {datum.destination} ICMP {datum.kind.value}{mtu} ({quoted.source_port} > {quoted.destination_port})"
    segment = datum.segment
    one = (datum.source, datum.source_port, datum.destination, datum.destination_port)
    other = (one[2], one[3], one[0], one[1])
    known = bases or {}
    seq, ack = (segment.seq - known.get(one, 0)) & 0xFFFFFFFF, (segment.ack - known.get(other, 0)) & 0xFFFFFFFF
    length = len(segment.payload)
    said = f"seq {seq}:{seq + length}" if length else f"seq {seq}"
    said += f" ack {ack}" if segment.flags & ACK else ""
    return f"{_end(one[0], one[1])} > {_end(one[2], one[3])} {spell_flags(segment.flags)} {said} win {segment.window}"


def _end(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
