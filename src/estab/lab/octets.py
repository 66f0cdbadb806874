"""Bytes of what travels in the lab: IP packets without a link layer, as captures hold them."""

from __future__ import annotations

import functools
import ipaddress
import struct

from estab.lab.packets import QUOTED_BYTES, Datagram, Datum, IcmpPacket
from estab.lab.rows import ICMP_CODES
from estab.wire.segment import Packet, Segment, SynOptions

PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_ICMPV6 = 1, 6, 17, 58
DONT_FRAGMENT = 0x4000


def encode(datum: Datum) -> bytes:
    """The IP packet."""
    if isinstance(datum, Packet):
        return _ip(datum, PROTOCOL_TCP, tcp_bytes(datum), dont_fragment=datum.dont_fragment)
    if isinstance(datum, IcmpPacket):
        return _icmp(datum)
    return _datagram(datum)


def _datagram(datum: Datagram) -> bytes:
    carried = tcp_bytes(datum.carried)
    length = 8 + len(carried)
    head = struct.pack(">HHHH", datum.source_port, datum.destination_port, length, 0)
    checksum = checksum_of(pseudo_header(datum.source, datum.destination, PROTOCOL_UDP, length) + head + carried) or 0xFFFF
    return _ip(datum, PROTOCOL_UDP, head[:6] + struct.pack(">H", checksum) + carried, dont_fragment=datum.dont_fragment)


def _icmp(icmp: IcmpPacket) -> bytes:
    six = ":" in icmp.source
    kind, code = ICMP_CODES[icmp.kind][six]
    body = struct.pack(">I", icmp.mtu_bytes) + encode(icmp.quoted)[:QUOTED_BYTES]
    message = bytes([kind, code, 0, 0]) + body
    pseudo = pseudo_header(icmp.source, icmp.destination, PROTOCOL_ICMPV6, len(message)) if six else b""
    message = bytes([kind, code]) + struct.pack(">H", checksum_of(pseudo + message)) + body
    return _ip(icmp, PROTOCOL_ICMPV6 if six else PROTOCOL_ICMP, message, dont_fragment=False)


def _ip(datum: Datum, protocol: int, payload: bytes, *, dont_fragment: bool) -> bytes:
    source, destination = packed(datum.source), packed(datum.destination)
    if len(source) == 16:
        head = struct.pack(">IHBB", 6 << 28 | datum.ecn << 20, len(payload), protocol, datum.ttl)
        return head + source + destination + payload
    fragment = DONT_FRAGMENT if dont_fragment else 0
    head = struct.pack(">BBHHHBBH", 0x45, datum.ecn, 20 + len(payload), datum.ip_id, fragment, datum.ttl, protocol, 0)
    checksum = checksum_of(head + source + destination)
    return head[:10] + struct.pack(">H", checksum) + source + destination + payload


def tcp_bytes(packet: Packet) -> bytes:
    """Header, options and payload, with the checksum, or a wrong one where the packet is damaged."""
    segment = packet.segment
    options = options_bytes(segment)
    offset_flags = (20 + len(options)) // 4 << 12 | segment.flags
    head = struct.pack(
        ">HHIIHHHH", packet.source_port, packet.destination_port, segment.seq, segment.ack, offset_flags, segment.window, 0, segment.urgent
    )
    whole = head + options + segment.payload
    checksum = checksum_of(pseudo_header(packet.source, packet.destination, PROTOCOL_TCP, len(whole)) + whole)
    if packet.corrupt:
        checksum ^= 0x5555
    return whole[:16] + struct.pack(">H", checksum) + whole[18:]


def options_bytes(segment: Segment) -> bytes:
    """Options in the order of Linux, padded to words."""
    parts = []
    stamps = segment.tsval is not None
    syn = segment.syn
    if syn is not None and syn.mss_bytes is not None:
        parts.append(struct.pack(">BBH", 2, 4, syn.mss_bytes))
    if stamps:
        lead = b"\x04\x02" if syn is not None and syn.sack_permitted else b"\x01\x01"
        parts.append(lead + struct.pack(">BBII", 8, 10, segment.tsval, segment.tsecr))
    elif syn is not None and syn.sack_permitted:
        parts.append(b"\x01\x01\x04\x02")
    if syn is not None:
        parts.append(_syn_rest(syn))
    if segment.sack:
        blocks = b"".join(struct.pack(">II", left, right) for left, right in segment.sack)
        parts.append(b"\x01\x01" + bytes([5, 2 + len(blocks)]) + blocks)
    if segment.user_timeout_s is not None:
        minutes = segment.user_timeout_s > 0x7FFF
        value = segment.user_timeout_s // 60 | 0x8000 if minutes else segment.user_timeout_s
        parts.append(struct.pack(">BBH", 28, 4, value))
    parts += [bytes([kind, 2 + len(body)]) + body for kind, body in segment.odd_options]
    joined = b"".join(parts)
    return joined + b"\0" * (-len(joined) % 4)


def _syn_rest(syn: SynOptions) -> bytes:
    rest = b"" if syn.window_scale is None else bytes([1, 3, 3, syn.window_scale])
    if syn.fast_open_cookie is not None:
        body = (b"\xf9\x89" if syn.fast_open_experimental else b"") + syn.fast_open_cookie
        option = bytes([254 if syn.fast_open_experimental else 34, 2 + len(body)]) + body
        rest += b"\x01" * (-len(option) % 4) + option
    return rest


def pseudo_header(source: str, destination: str, protocol: int, length: int) -> bytes:
    """What checksums cover besides (RFC 9293 §3.1, RFC 8200 §8.1)."""
    addresses = packed(source) + packed(destination)
    tail = struct.pack(">IxxxB", length, protocol) if len(addresses) == 32 else struct.pack(">xBH", protocol, length)
    return addresses + tail


def checksum_of(data: bytes) -> int:
    """The Internet checksum (RFC 1071): the complement of the sum in ones' complement, which is a remainder by 2^16-1."""
    if len(data) & 1:
        data += b"\0"
    number = int.from_bytes(data, "big")
    total = number % 0xFFFF
    return ~(total or (0xFFFF if number else 0)) & 0xFFFF


@functools.lru_cache(maxsize=65_536)
def packed(address: str) -> bytes:
    """The bytes of an address."""
    return ipaddress.ip_address(address).packed
