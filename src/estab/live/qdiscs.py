"""The queues in front of this host's interfaces, and what they dropped (`tc -s qdisc`)."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from estab.live.netlink import attributes, dump, text_of
from estab.snapshot import Interface, QueueingDiscipline

_GET_QDISC = 38
_KIND, _STATS2 = 1, 7
_BASIC, _QUEUE, _PACKETS64 = 1, 3, 8


def read_qdiscs(interfaces: Mapping[int, Interface]) -> tuple[QueueingDiscipline, ...]:
    """All queueing disciplines of the calling thread's namespace; raises OSError."""
    found = (parse_qdisc(answer, interfaces) for answer in dump(_GET_QDISC, struct.pack("=BxHiIII", 0, 0, 0, 0, 0, 0)))
    return tuple(qdisc for qdisc in found if qdisc is not None)


def parse_qdisc(answer: bytes, interfaces: Mapping[int, Interface]) -> QueueingDiscipline | None:
    """One `struct tcmsg` with its attributes; None where it is cut."""
    if len(answer) < 20:
        return None
    index, handle, parent = struct.unpack_from("=iII", answer, 4)
    told = attributes(answer[20:])
    counted = attributes(told.get(_STATS2, b""))
    sent_bytes, sent_packets = struct.unpack_from("=QI", counted.get(_BASIC, b"").ljust(12, b"\0"))
    if len(counted.get(_PACKETS64, b"")) >= 8:
        sent_packets = struct.unpack_from("=Q", counted[_PACKETS64])[0]
    length, backlog, dropped, requeues, overlimits = struct.unpack_from("=5I", counted.get(_QUEUE, b"").ljust(20, b"\0"))
    return QueueingDiscipline(
        interface=interfaces[index].name if index in interfaces else str(index),
        kind=text_of(told.get(_KIND, b"")),
        handle=handle,
        parent=0 if parent == 0xFFFFFFFF else parent,
        bytes_sent=sent_bytes,
        packets_sent=sent_packets,
        dropped=dropped,
        overlimits=overlimits,
        requeues=requeues,
        backlog_bytes=backlog,
        backlog_packets=length,
    )
