"""Bytes of what travels in the lab: IP packets without a link layer, as captures hold them."""

from __future__ import annotations

import struct

from estab.lab.packets import QUOTED_BYTES, Datagram, Datum, IcmpPacket
from estab.lab.rows import ICMP_CODES
from estab.wire.codec import checksum, pack_address
from estab.wire.codec import encode as encode_packet
from estab.wire.segment import Packet

PROTOCOL_ICMP, PROTOCOL_UDP, PROTOCOL_ICMPV6 = 1, 17, 58
DONT_FRAGMENT = 0x4000


def encode(datum: Datum) -> bytes:
    """The IP packet."""
    if isinstance(datum, Packet):
        return encode_packet(datum, identification=datum.ip_id)
    if isinstance(datum, IcmpPacket):
        return _icmp(datum)
    return _datagram(datum)


def _datagram(datum: Datagram) -> bytes:
    carried = tcp_bytes(datum.carried)
    length = 8 + len(carried)
    head = struct.pack(">HHHH", datum.source_port, datum.destination_port, length, 0)
    total = checksum(pseudo_header(datum.source, datum.destination, PROTOCOL_UDP, length) + head + carried) or 0xFFFF
    return _ip(datum, PROTOCOL_UDP, head[:6] + struct.pack(">H", total) + carried, dont_fragment=datum.dont_fragment)


def _icmp(icmp: IcmpPacket) -> bytes:
    six = ":" in icmp.source
    kind, code = ICMP_CODES[icmp.kind][six]
    body = struct.pack(">I", icmp.mtu_bytes) + encode(icmp.quoted)[:QUOTED_BYTES]
    message = bytes([kind, code, 0, 0]) + body
    pseudo = pseudo_header(icmp.source, icmp.destination, PROTOCOL_ICMPV6, len(message)) if six else b""
    message = bytes([kind, code]) + struct.pack(">H", checksum(pseudo + message)) + body
    return _ip(icmp, PROTOCOL_ICMPV6 if six else PROTOCOL_ICMP, message, dont_fragment=False)


def _ip(datum: Datum, protocol: int, payload: bytes, *, dont_fragment: bool) -> bytes:
    source, destination = pack_address(datum.source), pack_address(datum.destination)
    if len(source) == 16:
        head = struct.pack(">IHBB", 6 << 28 | datum.ecn << 20, len(payload), protocol, datum.ttl)
        return head + source + destination + payload
    fragment = DONT_FRAGMENT if dont_fragment else 0
    head = struct.pack(">BBHHHBBH", 0x45, datum.ecn, 20 + len(payload), datum.ip_id, fragment, datum.ttl, protocol, 0)
    total = checksum(head + source + destination)
    return head[:10] + struct.pack(">H", total) + source + destination + payload


def tcp_bytes(packet: Packet) -> bytes:
    """Header, options and payload, with the checksum, or a wrong one where the packet is damaged."""
    whole = encode_packet(packet)
    return whole[40 if ":" in packet.source else 20 :]


def pseudo_header(source: str, destination: str, protocol: int, length: int) -> bytes:
    """What checksums cover besides (RFC 9293 §3.1, RFC 8200 §8.1)."""
    addresses = pack_address(source) + pack_address(destination)
    tail = struct.pack(">IxxxB", length, protocol) if len(addresses) == 32 else struct.pack(">xBH", protocol, length)
    return addresses + tail
