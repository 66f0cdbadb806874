"""The segment and the packet as values: what the engine consumes and produces, with wrapped 32-bit numbers as on the wire.

A segment owns no address and a packet no link layer.  `wire.codec` turns packets into bytes and back; `wire.columns` holds many at once.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from estab.wire.columns import ACK, AE, CWR, ECE, FIN, PSH, RST, SYN, URG

__all__ = ["ACK", "AE", "CWR", "ECE", "FIN", "PSH", "RST", "SYN", "URG", "IcmpError", "IcmpKind", "Packet", "Segment", "SynOptions"]


@dataclass(slots=True)
class SynOptions:
    """Options that only a SYN or SYN-ACK carries; None or False where the option is not there."""

    mss_bytes: int | None = None
    window_scale: int | None = None
    sack_permitted: bool = False
    fast_open_cookie: bytes | None = None
    """Empty: a request for a cookie (RFC 7413 §4.1.1)."""
    fast_open_experimental: bool = False
    """The cookie stands in option 254 (RFC 6994) instead of 34."""


@dataclass(slots=True)
class Segment:
    """One TCP segment (RFC 9293 §3.1).  `window` is the field as it stands in the header, before scaling."""

    seq: int
    ack: int
    flags: int
    window: int
    payload: bytes = b""
    tsval: int | None = None
    """Timestamps option (RFC 7323 §3); None without it.  `tsecr` means something only beside it."""
    tsecr: int = 0
    sack: tuple[tuple[int, int], ...] = ()
    """SACK blocks as (left, right), in the order of the option (RFC 2018 §3); a D-SACK block stands first (RFC 2883)."""
    urgent: int = 0
    syn: SynOptions | None = None
    user_timeout_s: int | None = None
    """User timeout option (RFC 5482)."""
    odd_options: tuple[tuple[int, bytes], ...] = ()
    """Every other option by its kind (MD5 19, AO 29, MPTCP 30, unknown), recognised and not acted on."""

    @property
    def length(self) -> int:
        """SEG.LEN: bytes of payload, SYN and FIN counted (RFC 9293 §3.3.1)."""
        return len(self.payload) + (self.flags >> 1 & 1) + (self.flags & 1)


@dataclass(slots=True)
class Packet:
    """A TCP segment between two addresses (text as in `flow.Endpoint`)."""

    source: str
    source_port: int
    destination: str
    destination_port: int
    segment: Segment
    ecn: int = 0
    """The ECN field of the IP header: 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 CE."""
    ttl: int = 64
    dont_fragment: bool = True
    corrupt: bool = False
    """The checksum does not match (a fault of the lab, or of a driver's bytes): a receiver counts it and drops it."""
    ip_id: int = 0
    """Identification of the IPv4 header; whoever puts the packet on a wire numbers it (RFC 6864), and copies keep the number."""


class IcmpKind(enum.Enum):
    """What an ICMP error says, in both versions."""

    NET_UNREACHABLE = "net unreachable"
    HOST_UNREACHABLE = "host unreachable"
    PROTOCOL_UNREACHABLE = "protocol unreachable"
    PORT_UNREACHABLE = "port unreachable"
    PACKET_TOO_BIG = "packet too big"
    ADMIN_PROHIBITED = "administratively prohibited"
    SOURCE_QUENCH = "source quench"
    TIME_EXCEEDED = "time exceeded"
    PARAMETER_PROBLEM = "parameter problem"


@dataclass(slots=True)
class IcmpError:
    """An ICMP error that quotes a segment this host sent: the quoted addresses are those of that segment, ours first."""

    kind: IcmpKind
    reporter: str
    local: str
    local_port: int
    remote: str
    remote_port: int
    seq: int
    mtu_bytes: int = 0
    """Next-hop MTU of PACKET_TOO_BIG; 0 from a router of before RFC 1191."""
