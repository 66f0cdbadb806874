"""Writes columns of packets as a pcap file: Ethernet, IPv4 or IPv6, TCP with its usual options, right checksums, zero payload.

Packets with the same headers are built together as records of one structured type, then laid side by side in a rectangle whose
rows are cut to their own length; nothing is done packet by packet.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from benchmarks.traffic import MILLISECOND_NS, RST, SECOND_NS, SYN, Column, Connections, Packets

EPOCH_S = 1_700_000_000
CHUNK = 200_000
"""Packets that are built at a time; bounds the memory."""

RECORD = np.dtype([("seconds", "<u4"), ("fraction", "<u4"), ("captured", "<u4"), ("length", "<u4")])
ETHERNET = [("eth_dst", "u1", 6), ("eth_src", "u1", 6), ("eth_type", ">u2")]
IPV4 = [
    ("ip_version", "u1"), ("ip_tos", "u1"), ("ip_length", ">u2"), ("ip_id", ">u2"), ("ip_fragment", ">u2"), ("ip_ttl", "u1"),
    ("ip_protocol", "u1"), ("ip_checksum", ">u2"), ("ip_src", ">u4"), ("ip_dst", ">u4"),
]  # fmt: skip
IPV6 = [("ip_version", ">u4"), ("ip_length", ">u2"), ("ip_next", "u1"), ("ip_hops", "u1"), ("ip_src", ">u4", 4), ("ip_dst", ">u4", 4)]
TCP = [
    ("sport", ">u2"), ("dport", ">u2"), ("seq", ">u4"), ("ack", ">u4"), ("offset", "u1"), ("flags", "u1"), ("window", ">u2"),
    ("checksum", ">u2"), ("urgent", ">u2"),
]  # fmt: skip
TIMES = [("times_kind", ">u4"), ("tsval", ">u4"), ("tsecr", ">u4")]
SYN_OPTIONS = [("mss", ">u4"), ("sack_permitted", ">u2"), ("syn_times_kind", ">u2"), ("tsval", ">u4"), ("tsecr", ">u4"), ("wscale", ">u4")]
SACK = [("sack_kind", ">u4"), ("sack_left", ">u4"), ("sack_right", ">u4")]
OPTIONS: tuple[list[tuple[str, str]], ...] = ([], TIMES, SYN_OPTIONS, TIMES + SACK)
"""Layouts of options: of a reset that answers a SYN, of the usual segment, of a SYN, of an acknowledgement with a hole."""

CONSTANTS = {
    "ip_protocol": 6, "ip_next": 6, "ip_ttl": 64, "ip_hops": 64, "ip_fragment": 0x4000,
    "times_kind": 0x0101080A, "mss": 0x020405B4, "sack_permitted": 0x0402, "syn_times_kind": 0x080A, "wscale": 0x01030307,
    "sack_kind": 0x0101050A,
}  # fmt: skip


def write_pcap(stream: BinaryIO, connections: Connections, packets: Packets, *, snap_length: int = 100, nanoseconds: bool = False) -> None:
    """Writes the whole capture; frames are cut at `snap_length` bytes."""
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    stream.write(struct.pack("<IHHiIII", magic, 2, 4, 0, 0, snap_length, 1))
    identification = _identification(packets)
    for start in range(0, len(packets.time_ns), CHUNK):
        part = slice(start, start + CHUNK)
        chunk = Packets(**{name: getattr(packets, name)[part] for name in Packets.__slots__})
        stream.write(_records(connections, chunk, identification[part], snap_length, nanoseconds))


def _identification(packets: Packets) -> Column:
    """The IPv4 identification: a counter of each sender of each connection, as Linux keeps it."""
    sender = packets.connection.astype("i8") * 2 + packets.from_server
    order = np.argsort(sender, kind="stable")
    ordered = sender[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    count = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    result = np.empty(len(order), "u2")
    result[order] = (count + ordered * 40_503) & 0xFFFF
    return result


def _records(of: Connections, packets: Packets, identification: Column, snap_length: int, nanoseconds: bool) -> bytes:
    """The bytes of a run of packets with their record headers."""
    count = len(packets.time_ns)
    head = RECORD.itemsize
    rectangle = np.zeros((count, head + max(snap_length, 98)), "u1")
    frame_bytes = np.zeros(count, "i8")
    for rows, frames in _frames(of, packets, identification):
        raw = frames.view("u1").reshape(len(rows), -1)
        rectangle[rows, head : head + raw.shape[1]] = raw
        frame_bytes[rows] = raw.shape[1] + packets.payload[rows]
    record = np.zeros(count, RECORD)
    record["seconds"] = EPOCH_S + packets.time_ns // SECOND_NS
    record["fraction"] = packets.time_ns % SECOND_NS // (1 if nanoseconds else 1_000)
    record["captured"] = np.minimum(frame_bytes, snap_length)
    record["length"] = frame_bytes
    rectangle[:, :head] = record.view("u1").reshape(count, -1)
    kept = np.arange(rectangle.shape[1]) < (head + record["captured"].astype("i8"))[:, None]
    return rectangle[kept].tobytes()


def _frames(of: Connections, packets: Packets, identification: Column) -> Iterator[tuple[Column, Column]]:
    """Groups of packets (rows) that share a layout, with their headers."""
    is_syn = (packets.flags & SYN) > 0
    bare = ((packets.flags & RST) > 0) & (packets.seq == 0)
    layout = np.where(is_syn, 2, np.where(bare, 0, np.where(packets.sack_left != packets.sack_right, 3, 1)))
    for is_ipv6 in (False, True):
        for options in range(len(OPTIONS)):
            rows = np.flatnonzero((of.ipv6[packets.connection] == is_ipv6) & (layout == options))
            if len(rows):
                yield rows, _headers(of, packets, rows, identification[rows], is_ipv6, options)


def _headers(of: Connections, packets: Packets, rows: Column, identification: Column, is_ipv6: bool, options: int) -> Column:
    """The headers of packets that share a layout."""
    frames = np.zeros(len(rows), np.dtype(ETHERNET + (IPV6 if is_ipv6 else IPV4) + TCP + OPTIONS[options]))
    names = frames.dtype.names or ()
    for name in CONSTANTS.keys() & names:
        frames[name] = CONSTANTS[name]
    connection, from_server = packets.connection[rows], packets.from_server[rows].astype(bool)
    tcp_bytes = 20 + sum(np.dtype(kind[1]).itemsize for kind in OPTIONS[options])

    def of_sides(client: Column, server: Column) -> tuple[Column, Column]:
        """Values of sender and receiver."""
        return np.where(from_server, server[connection], client[connection]), np.where(from_server, client[connection], server[connection])

    frames["eth_dst"], frames["eth_src"] = 2, 2
    frames["eth_dst"][:, 5], frames["eth_src"][:, 5] = np.where(from_server, 1, 3), np.where(from_server, 3, 1)
    frames["eth_type"] = 0x86DD if is_ipv6 else 0x0800
    frames["sport"], frames["dport"] = of_sides(of.client_port, of.server_port)
    source, destination = of_sides(of.client, of.server)
    if is_ipv6:
        frames["ip_version"], frames["ip_length"] = 0x60000000, tcp_bytes + packets.payload[rows]
        for field, address in (("ip_src", source), ("ip_dst", destination)):
            frames[field][:, 0], frames[field][:, 3] = 0x20010DB8, address
    else:
        frames["ip_version"], frames["ip_length"], frames["ip_id"] = 0x45, 20 + tcp_bytes + packets.payload[rows], identification
        frames["ip_src"], frames["ip_dst"] = source, destination
        frames["ip_checksum"] = _checksum(_words(frames, 14, 34))
    frames["seq"], frames["ack"], frames["flags"] = packets.seq[rows], packets.ack[rows], packets.flags[rows]
    frames["offset"] = tcp_bytes // 4 << 4
    frames["window"] = 64_240 if options == 2 else 2_048  # unscaled in a SYN, 256 KiB afterwards; a bare reset says nothing
    if "tsval" in names:
        _fill_times(of, packets, rows, from_server, frames)
    if "sack_left" in names:
        frames["sack_left"], frames["sack_right"] = packets.sack_left[rows], packets.sack_right[rows]
    pseudo = 6 + tcp_bytes + packets.payload[rows].astype("u4")
    addresses = _words(frames, *((22, 54) if is_ipv6 else (26, 34)))
    frames["checksum"] = _checksum(addresses + _words(frames, 54 if is_ipv6 else 34, frames.dtype.itemsize) + pseudo)
    return frames


def _fill_times(of: Connections, packets: Packets, rows: Column, from_server: Column, frames: Column) -> None:
    """Timestamps in milliseconds: the sender's clock when it sent, and the other's clock when that was sent which it heard last."""
    connection = packets.connection[rows]
    half_ns = of.rtt_ns[connection] // 2
    sent_ns = packets.time_ns[rows] - np.where(from_server, half_ns, 0)
    heard_ns = sent_ns - half_ns
    client_ms, server_ms = of.client_clock[connection], of.server_clock[connection]
    first = (packets.flags[rows] & (SYN | 16)) == SYN
    frames["tsval"] = (np.where(from_server, server_ms, client_ms) + sent_ns // MILLISECOND_NS) & 0xFFFFFFFF
    frames["tsecr"] = np.where(first, 0, np.where(from_server, client_ms, server_ms) + heard_ns // MILLISECOND_NS) & 0xFFFFFFFF


def _words(frames: Column, start: int, end: int) -> np.ndarray[Any, Any]:
    """Sum of the 16-bit words between two even offsets of each frame."""
    raw = frames.view("u1").reshape(len(frames), -1)
    return np.asarray(np.ascontiguousarray(raw[:, start:end]).view(">u2").sum(axis=1, dtype="u4"))


def _checksum(total: Column) -> Column:
    """The Internet checksum of a sum of words (RFC 1071)."""
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return np.asarray(~total & 0xFFFF)
