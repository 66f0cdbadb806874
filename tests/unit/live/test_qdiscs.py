"""Queueing disciplines: what they sent, dropped and hold."""

from __future__ import annotations

import struct

from estab.live.interfaces import read_interfaces
from estab.live.qdiscs import parse_qdisc, read_qdiscs
from estab.snapshot import Interface, QueueingDiscipline
from tests.unit.live.dumps import attribute

LINKS = {3: Interface(name="eth0", index=3)}


def answer(*stats: bytes, parent: int = 0xFFFFFFFF) -> bytes:
    head = struct.pack("=BxHiIII", 0, 0, 3, 0x80010000, parent, 0)
    return head + attribute(1, b"tbf\0") + attribute(7, b"".join(stats))


def test_one_queue() -> None:
    basic = attribute(1, struct.pack("=QI4x", 5000, 10))
    queue = attribute(3, struct.pack("=5I", 1, 2, 3, 4, 5))
    assert parse_qdisc(answer(basic, queue), LINKS) == QueueingDiscipline(
        interface="eth0", kind="tbf", handle=0x80010000, bytes_sent=5000, packets_sent=10,
        dropped=3, overlimits=5, requeues=4, backlog_bytes=2, backlog_packets=1,
    )  # fmt: skip


def test_a_count_of_packets_beyond_32_bits_and_a_parent() -> None:
    found = parse_qdisc(answer(attribute(1, struct.pack("=QI4x", 1, 7)), attribute(8, struct.pack("=Q", 2**33)), parent=0x10000), LINKS)
    assert found is not None and found.packets_sent == 2**33 and found.parent == 0x10000


def test_a_queue_without_counts_and_a_cut_message() -> None:
    found = parse_qdisc(struct.pack("=BxHiIII", 0, 0, 9, 0, 0, 0), LINKS)
    assert found is not None and (found.interface, found.dropped) == ("9", 0)
    assert parse_qdisc(b"cut", LINKS) is None


def test_this_host() -> None:
    names = {interface.name for interface in read_interfaces().values()}
    assert {qdisc.interface for qdisc in read_qdiscs(read_interfaces())} <= names
