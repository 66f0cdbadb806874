"""Packets as bytes and back: IPv4 and IPv6 headers, TCP with its options, checksums; and the ICMP errors that quote a segment.

`decode` never raises: bytes that are no TCP packet give a `Flaw`.  A wrong checksum is not one: whoever receives the packet must see it
to count it, so it is marked `corrupt`.  Options are written in the order in which Linux writes them, so that a capture of the engine
looks like one of a kernel.
"""

from __future__ import annotations

import enum
import functools
import ipaddress
import struct

from estab.seq import MASK
from estab.wire.segment import SYN, IcmpError, IcmpKind, Packet, Segment, SynOptions

TCP, ICMP, ICMPV6 = 6, 1, 58
_IPV4 = struct.Struct(">BBHHHBBH4s4s")
_IPV6 = struct.Struct(">IHBB16s16s")
_TCP = struct.Struct(">HHIIHHHH")
_TIMESTAMPS = struct.Struct(">BBBBII")
_DONT_FRAGMENT = 0x4000
_NOP, _END = 1, 0
_EXPERIMENTAL_FAST_OPEN = 0xF989
_EXTENSIONS = frozenset({0, 43, 60})
_FRAGMENT_HEADER = 44
_LARGEST_EXTENSION_CHAIN = 8


class Flaw(enum.Enum):
    """Why bytes are no packet for a TCP."""

    EMPTY = "no bytes"
    VERSION = "neither IPv4 nor IPv6"
    IP_HEADER = "IP header cut or malformed"
    IP_CHECKSUM = "IPv4 header checksum wrong"
    FRAGMENT = "fragment"
    PROTOCOL = "neither TCP nor an ICMP error about TCP"
    TCP_HEADER = "TCP header cut or malformed"


@functools.lru_cache(maxsize=4096)
def pack_address(text: str) -> bytes:
    """The 4 or 16 bytes of an address written as text."""
    return ipaddress.ip_address(text).packed


@functools.lru_cache(maxsize=4096)
def unpack_address(packed: bytes) -> str:
    """Canonical text of 4 or 16 bytes."""
    return str(ipaddress.ip_address(packed))


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071): the complement of the sum of 16-bit words in ones' complement; odd data is padded with zero.

    That sum is the whole number modulo 65535, which Python computes at the speed of C.

    >>> hex(checksum(bytes.fromhex("45000073000040004011 0000 c0a80001c0a800c7")))
    '0xb861'
    """
    if len(data) & 1:
        data += b"\0"
    number = int.from_bytes(data, "big")
    return (0xFFFF - (number % 0xFFFF or 0xFFFF)) if number else 0xFFFF


def encode(packet: Packet, *, identification: int = 0) -> bytes:
    """The packet with correct lengths and checksums; `corrupt` spoils the TCP checksum."""
    source, destination = pack_address(packet.source), pack_address(packet.destination)
    tcp = encode_tcp(packet.segment, packet.source_port, packet.destination_port)
    pseudo = source + destination + len(tcp).to_bytes(4, "big") + b"\0\0\0\x06"
    total = checksum(pseudo + tcp) ^ (0x5555 if packet.corrupt else 0)
    tcp[16:18] = total.to_bytes(2, "big")
    if len(source) == 4:
        fields = (0x45, packet.ecn, 20 + len(tcp), identification & 0xFFFF, _DONT_FRAGMENT if packet.dont_fragment else 0, packet.ttl, TCP)
        header = _IPV4.pack(*fields, checksum(_IPV4.pack(*fields, 0, source, destination)), source, destination)
    else:
        header = _IPV6.pack(6 << 28 | packet.ecn << 20, len(tcp), TCP, packet.ttl, source, destination)
    return header + tcp


def encode_tcp(segment: Segment, source_port: int, destination_port: int) -> bytearray:
    """The segment without its checksum, which needs the addresses."""
    options = encode_options(segment)
    offset_and_flags = (20 + len(options)) // 4 << 12 | segment.flags & 0x1FF
    ports = (source_port, destination_port)
    data = bytearray(_TCP.pack(*ports, segment.seq, segment.ack, offset_and_flags, segment.window, 0, segment.urgent))
    data += options
    data += segment.payload
    return data


def encode_options(segment: Segment) -> bytes:
    """All options, padded to a multiple of four; at most 40 bytes (what does not fit is the caller's mistake)."""
    syn = segment.syn
    if syn is None and not segment.sack and not segment.odd_options and segment.user_timeout_s is None:
        if segment.tsval is None:
            return b""
        return _TIMESTAMPS.pack(_NOP, _NOP, 8, 10, segment.tsval, segment.tsecr)
    data = bytearray()
    if syn is not None and syn.mss_bytes is not None:
        data += struct.pack(">BBH", 2, 4, syn.mss_bytes)
    sack_permitted = syn is not None and syn.sack_permitted
    if segment.tsval is not None:
        lead = (4, 2) if sack_permitted else (_NOP, _NOP)
        data += _TIMESTAMPS.pack(*lead, 8, 10, segment.tsval, segment.tsecr)
    elif sack_permitted:
        data += bytes((_NOP, _NOP, 4, 2))
    if syn is not None and syn.window_scale is not None:
        data += bytes((_NOP, 3, 3, syn.window_scale))
    if segment.sack:
        data += bytes((_NOP, _NOP, 5, 2 + 8 * len(segment.sack)))
        for left, right in segment.sack:
            data += struct.pack(">II", left & MASK, right & MASK)
    if syn is not None and syn.fast_open_cookie is not None:
        cookie = syn.fast_open_cookie
        if syn.fast_open_experimental:
            data += struct.pack(">BBH", 254, 4 + len(cookie), _EXPERIMENTAL_FAST_OPEN) + cookie
        else:
            data += bytes((34, 2 + len(cookie))) + cookie
    if segment.user_timeout_s is not None:
        data += struct.pack(">BBH", 28, 4, _user_timeout_field(segment.user_timeout_s))
    for kind, value in segment.odd_options:
        data += bytes((kind, 2 + len(value))) + value
    assert len(data) <= 40, "more options than a header holds"
    return bytes(data) + bytes((_NOP,)) * (-len(data) % 4)


def _user_timeout_field(seconds: int) -> int:
    """Seconds below 2^15, else minutes with the highest bit set (RFC 5482 §2)."""
    return seconds if seconds < 0x8000 else 0x8000 | min(seconds // 60, 0x7FFF)


def decode(data: bytes) -> Packet | IcmpError | Flaw:
    """The packet that stands in these bytes, from the IP header on; bytes behind its end are padding."""
    if not data:
        return Flaw.EMPTY
    version = data[0] >> 4
    if version == 4:
        return _decode_ipv4(data)
    return _decode_ipv6(data) if version == 6 else Flaw.VERSION


def _decode_ipv4(data: bytes) -> Packet | IcmpError | Flaw:
    if len(data) < 20:
        return Flaw.IP_HEADER
    first, tos, length, _, fragment, ttl, protocol, _, source, destination = _IPV4.unpack_from(data)
    header = (first & 15) * 4
    if header < 20 or not header <= length <= len(data):
        return Flaw.IP_HEADER
    if checksum(data[:header]):
        return Flaw.IP_CHECKSUM
    if fragment & 0x3FFF:
        return Flaw.FRAGMENT
    body = data[header:length]
    if protocol == TCP:
        return _decode_tcp(body, source, destination, tos & 3, ttl, bool(fragment & _DONT_FRAGMENT))
    return _decode_icmp(body, source) if protocol == ICMP else Flaw.PROTOCOL


def _decode_ipv6(data: bytes) -> Packet | IcmpError | Flaw:
    if len(data) < 40:
        return Flaw.IP_HEADER
    word, length, following, ttl, source, destination = _IPV6.unpack_from(data)
    end = 40 + length
    if end > len(data):
        return Flaw.IP_HEADER
    at = 40
    for _ in range(_LARGEST_EXTENSION_CHAIN):
        if following not in _EXTENSIONS:
            break
        if at + 8 > end:
            return Flaw.IP_HEADER
        following, at = data[at], at + 8 + data[at + 1] * 8
    if following == _FRAGMENT_HEADER:
        return Flaw.FRAGMENT
    if at > end:
        return Flaw.IP_HEADER
    body = data[at:end]
    if following == TCP:
        return _decode_tcp(body, source, destination, word >> 20 & 3, ttl, True)
    return _decode_icmpv6(body, source) if following == ICMPV6 else Flaw.PROTOCOL


def _decode_tcp(body: bytes, source: bytes, destination: bytes, ecn: int, ttl: int, dont_fragment: bool) -> Packet | Flaw:
    if len(body) < 20:
        return Flaw.TCP_HEADER
    source_port, destination_port, seq, ack, offset_and_flags, window, _, urgent = _TCP.unpack_from(body)
    header = (offset_and_flags >> 12) * 4
    if not 20 <= header <= len(body):
        return Flaw.TCP_HEADER
    segment = Segment(seq, ack, offset_and_flags & 0x1FF, window, body[header:], urgent=urgent)
    if header > 20:
        decode_options(body[20:header], segment)
    elif segment.flags & SYN:
        segment.syn = SynOptions()
    pseudo = source + destination + len(body).to_bytes(4, "big") + b"\0\0\0\x06"
    corrupt = checksum(pseudo + body) != 0
    addresses = unpack_address(source), source_port, unpack_address(destination), destination_port
    return Packet(*addresses, segment, ecn=ecn, ttl=ttl, dont_fragment=dont_fragment, corrupt=corrupt)


def decode_options(data: bytes, segment: Segment) -> None:
    """Fill the segment from the bytes of its options; from a malformed one on the rest is ignored, what stood before it counts."""
    if segment.flags & SYN:
        segment.syn = SynOptions()
    odd: list[tuple[int, bytes]] = []
    at, end = 0, len(data)
    while at < end and data[at] != _END:
        if data[at] == _NOP:
            at += 1
            continue
        if at + 2 > end or data[at + 1] < 2 or at + data[at + 1] > end:
            break
        kind, value = data[at], data[at + 2 : at + data[at + 1]]
        if not _decode_option(kind, value, segment):
            odd.append((kind, value))
        at += 2 + len(value)
    segment.odd_options = tuple(odd)


def _decode_option(kind: int, value: bytes, segment: Segment) -> bool:
    """One option; False where it is unknown, or not of the length or in the place that gives it a meaning."""
    length = len(value)
    if kind == 8 and length == 8:
        segment.tsval, segment.tsecr = struct.unpack(">II", value)
    elif kind == 5 and length and length % 8 == 0:
        words = struct.unpack(f">{length // 4}I", value)
        segment.sack = tuple(zip(words[::2], words[1::2], strict=True))
    elif kind == 28 and length == 2:
        field = int.from_bytes(value, "big")
        segment.user_timeout_s = (field & 0x7FFF) * (60 if field & 0x8000 else 1)
    elif segment.syn is not None:
        return _decode_syn_option(kind, value, segment.syn)
    else:
        return False
    return True


def _decode_syn_option(kind: int, value: bytes, syn: SynOptions) -> bool:
    length = len(value)
    if kind == 2 and length == 2:
        syn.mss_bytes = int.from_bytes(value, "big")
    elif kind == 3 and length == 1:
        syn.window_scale = value[0]
    elif kind == 4 and length == 0:
        syn.sack_permitted = True
    elif kind == 34:
        syn.fast_open_cookie, syn.fast_open_experimental = value, False
    elif kind == 254 and value[:2] == _EXPERIMENTAL_FAST_OPEN.to_bytes(2, "big"):
        syn.fast_open_cookie, syn.fast_open_experimental = value[2:], True
    else:
        return False
    return True


_UNREACHABLE_V4 = {
    0: IcmpKind.NET_UNREACHABLE, 1: IcmpKind.HOST_UNREACHABLE, 2: IcmpKind.PROTOCOL_UNREACHABLE, 3: IcmpKind.PORT_UNREACHABLE,
    4: IcmpKind.PACKET_TOO_BIG, 5: IcmpKind.HOST_UNREACHABLE, 6: IcmpKind.NET_UNREACHABLE, 7: IcmpKind.HOST_UNREACHABLE,
    8: IcmpKind.HOST_UNREACHABLE, 9: IcmpKind.NET_UNREACHABLE, 10: IcmpKind.HOST_UNREACHABLE, 11: IcmpKind.NET_UNREACHABLE,
    12: IcmpKind.HOST_UNREACHABLE, 13: IcmpKind.ADMIN_PROHIBITED, 14: IcmpKind.ADMIN_PROHIBITED, 15: IcmpKind.ADMIN_PROHIBITED,
}  # fmt: skip
_UNREACHABLE_V6 = {
    0: IcmpKind.NET_UNREACHABLE, 1: IcmpKind.ADMIN_PROHIBITED, 2: IcmpKind.HOST_UNREACHABLE, 3: IcmpKind.HOST_UNREACHABLE,
    4: IcmpKind.PORT_UNREACHABLE, 5: IcmpKind.ADMIN_PROHIBITED, 6: IcmpKind.ADMIN_PROHIBITED,
}  # fmt: skip


def _decode_icmp(body: bytes, reporter: bytes) -> IcmpError | Flaw:
    """An ICMP error (RFC 792) with the first bytes of what it is about."""
    if len(body) < 8 + 20 + 8 or checksum(body):
        return Flaw.PROTOCOL
    message, code = body[0], body[1]
    kinds = {3: _UNREACHABLE_V4.get(code), 4: IcmpKind.SOURCE_QUENCH, 11: IcmpKind.TIME_EXCEEDED, 12: IcmpKind.PARAMETER_PROBLEM}
    kind = kinds.get(message)
    quoted = body[8:]
    header = (quoted[0] & 15) * 4
    if kind is None or quoted[0] >> 4 != 4 or quoted[9] != TCP or len(quoted) < header + 8:
        return Flaw.PROTOCOL
    mtu = int.from_bytes(body[6:8], "big") if kind is IcmpKind.PACKET_TOO_BIG else 0
    return _quoting(kind, reporter, quoted[12:16], quoted[16:20], quoted[header:], mtu)


def _decode_icmpv6(body: bytes, reporter: bytes) -> IcmpError | Flaw:
    """An ICMPv6 error (RFC 4443); extension headers of the quoted packet are not walked."""
    if len(body) < 8 + 40 + 8:
        return Flaw.PROTOCOL
    message, code = body[0], body[1]
    kinds = {1: _UNREACHABLE_V6.get(code), 2: IcmpKind.PACKET_TOO_BIG, 3: IcmpKind.TIME_EXCEEDED, 4: IcmpKind.PARAMETER_PROBLEM}
    kind = kinds.get(message)
    quoted = body[8:]
    if kind is None or quoted[0] >> 4 != 6 or quoted[6] != TCP:
        return Flaw.PROTOCOL
    mtu = int.from_bytes(body[4:8], "big") if kind is IcmpKind.PACKET_TOO_BIG else 0
    return _quoting(kind, reporter, quoted[8:24], quoted[24:40], quoted[40:], mtu)


def _quoting(kind: IcmpKind, reporter: bytes, local: bytes, remote: bytes, tcp: bytes, mtu: int) -> IcmpError:
    local_port, remote_port, seq = struct.unpack_from(">HHI", tcp)
    names = unpack_address(reporter), unpack_address(local), local_port, unpack_address(remote), remote_port
    return IcmpError(kind, *names, seq, mtu)
