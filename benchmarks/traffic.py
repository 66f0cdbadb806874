"""Lays out made-up but realistic TCP traffic as columns of packets, in bulk and deterministic by seed.

The picture is what a tap at the client sees.  Every connection gets a fate (`FATES`), a round-trip time, one request and a bulk
transfer of heavy-tailed size: a download from the server, or an upload to it.  The bulk goes out in rounds (10, 20, then 40 segments
each round trip), the receiver acknowledges every second segment, and a share of the segments is lost.  A lost segment of a download
never comes to the tap, one of an upload was already seen there; both are sent again, after three duplicate acknowledgements or,
near the tail, after a timeout.

What the receiver can acknowledge at a moment follows from when each segment reaches it at last: the running maximum of these
times within a connection says until when everything up to a segment was there, so one binary search answers for all
acknowledgements together.  Positions are offsets in the stream, times are integer nanoseconds from the start of the capture.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

Column = np.ndarray[Any, Any]

MSS = 1448
"""Payload of a full segment: 1,500 bytes less IPv4, TCP and timestamps."""

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

MICROSECOND_NS = 1_000
MILLISECOND_NS = 1_000_000
SECOND_NS = 1_000_000_000

SEGMENT_GAP_NS = 12 * MICROSECOND_NS
"""A full segment at 1 Gbit/s."""

ROUNDS = (10, 20, 40)
"""Segments sent in the first round trip, the second, and each later one."""


class Fate(enum.IntEnum):
    """How a connection goes; the order is that of `SHARES`."""

    FIN = 0
    RST = 1
    REFUSED = 2
    FILTERED = 3
    OPEN = 4
    VANISHED = 5


SHARES = (0.84, 0.05, 0.03, 0.03, 0.03, 0.02)

FIXED_PACKETS = (8.3, 6, 2, 4, 5, 11)
"""Packets of each fate beside the bulk transfer."""

SERVICES = {443: 0.45, 80: 0.2, 22: 0.05, 3306: 0.06, 5432: 0.06, 6379: 0.06, 8080: 0.06, 8443: 0.03, 9092: 0.03}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for; the packets come out within a few percent of `packets`."""

    packets: int
    connections: int
    loss: float = 0.01
    ipv6: float = 0.25
    seed: int = 1
    duration_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Connections:
    """One row for each connection; addresses are the last 32 bits, `*_clock` the first timestamp value of each side in ms."""

    fate: Column
    ipv6: Column
    upload: Column
    start_ns: Column
    rtt_ns: Column
    client: Column
    client_port: Column
    server: Column
    server_port: Column
    client_isn: Column
    server_isn: Column
    client_clock: Column
    server_clock: Column
    request_bytes: Column
    reply_bytes: Column
    segments: Column
    last_segment_bytes: Column

    @property
    def bulk_bytes(self) -> Column:
        """Payload of the bulk transfer."""
        return np.where(self.segments > 0, (self.segments - 1) * MSS + self.last_segment_bytes, 0)


@dataclass(frozen=True, slots=True)
class Packets:
    """One row for each packet, in time order; `again` marks what the sender sent before; a SACK block where `sack_right` differs."""

    connection: Column
    time_ns: Column
    from_server: Column
    flags: Column
    seq: Column
    ack: Column
    payload: Column
    again: Column
    sack_left: Column
    sack_right: Column


_TYPES = {
    "connection": "i4", "time_ns": "i8", "from_server": "i1", "flags": "u1", "seq": "u4",
    "ack": "u4", "payload": "i4", "again": "?", "sack_left": "u4", "sack_right": "u4",
}  # fmt: skip


class Tape:
    """Collects packets in bulk, in any order of time, and sorts them at the end."""

    def __init__(self, connections: Connections) -> None:
        self._of = connections
        self._parts: list[dict[str, Column]] = []

    def client(
        self, rows: Column, time_ns: Column, flags: Column | int, seq: Column | int, ack: Column | int, **more: Column | int
    ) -> None:
        """Packets of clients; `seq` and `ack` are offsets from the two initial sequence numbers (0 is the SYN)."""
        self._add(rows, 0, time_ns, flags, self._of.client_isn[rows] + seq, self._of.server_isn[rows] + ack, more)

    def server(
        self, rows: Column, time_ns: Column, flags: Column | int, seq: Column | int, ack: Column | int, **more: Column | int
    ) -> None:
        """Packets of servers."""
        self._add(rows, 1, time_ns, flags, self._of.server_isn[rows] + seq, self._of.client_isn[rows] + ack, more)

    def _add(
        self, rows: Column, side: int, time_ns: Column, flags: Column | int, seq: Column, ack: Column, more: dict[str, Column | int]
    ) -> None:
        given: dict[str, Column | int] = {"connection": rows, "time_ns": time_ns, "from_server": side, "flags": flags, "seq": seq}
        given["ack"] = np.where(np.asarray(flags) & ACK, ack, 0)
        given |= {"payload": 0, "again": 0, "sack_left": 0, "sack_right": 0} | more
        for edge in ("sack_left", "sack_right"):
            given[edge] = np.asarray(given[edge]) + (self._of.client_isn if side else self._of.server_isn)[rows]
        part = {}
        for name, kind in _TYPES.items():
            values = np.asarray(given[name])
            part[name] = np.broadcast_to((values & 0xFFFFFFFF if kind == "u4" else values).astype(kind), len(rows))
        self._parts.append(part)

    def packets(self) -> Packets:
        """Everything in time order; equal times stay in the order of writing."""
        order = np.argsort(np.concatenate([part["time_ns"] for part in self._parts]), kind="stable")
        return Packets(**{name: np.concatenate([part.pop(name) for part in self._parts])[order] for name in _TYPES})


def lay_out(order: Order) -> tuple[Connections, Packets]:
    """The connections and all their packets."""
    chance = np.random.default_rng(order.seed)
    connections = _connections(order, chance)
    tape = Tape(connections)
    _write_unanswered(connections, tape)
    _write_openings(connections, tape)
    quiet_ns = _write_bulk(connections, order.loss, chance, tape)
    _write_ends(connections, quiet_ns, chance, tape)
    return connections, tape.packets()


def _connections(order: Order, chance: np.random.Generator) -> Connections:
    count = order.connections
    fate = chance.choice(len(SHARES), count, p=SHARES).astype("i1")
    live = (fate != Fate.REFUSED) & (fate != Fate.FILTERED)
    # Every connection has its own client address and port, so that no four-tuple comes twice.
    clients = max(1, min(60_000, count // 4))
    number = chance.permutation(count)
    client = number % clients
    offset = chance.integers(0, 50_000, clients)
    return Connections(
        fate=fate,
        ipv6=chance.random(count) < order.ipv6,
        upload=chance.random(count) < 0.2,
        start_ns=np.sort((chance.random(count) * order.duration_s * SECOND_NS).astype("i8")),
        rtt_ns=np.clip(chance.lognormal(np.log(0.03), 0.8, count), 0.0003, 0.4).__mul__(SECOND_NS).astype("i8"),
        client=(0x0A000000 + 1 + client).astype("u4"),
        client_port=(10_240 + (number // clients + offset[client]) % 50_000).astype("u2"),
        server=(0xC6120000 + 1 + chance.zipf(1.3, count) % 900).astype("u4"),
        server_port=chance.choice(list(SERVICES), count, p=list(SERVICES.values())).astype("u2"),
        client_isn=chance.integers(0, 1 << 32, count),
        server_isn=chance.integers(0, 1 << 32, count),
        client_clock=chance.integers(0, 1 << 31, count),
        server_clock=chance.integers(0, 1 << 31, count),
        request_bytes=chance.integers(40, 1_400, count),
        reply_bytes=chance.integers(40, 1_400, count),
        segments=_bulk_segments(order, fate, live, chance),
        last_segment_bytes=chance.integers(1, MSS + 1, count),
    )


def _bulk_segments(order: Order, fate: Column, live: Column, chance: np.random.Generator) -> Column:
    """Segments of each bulk transfer: heavy-tailed, and together what the wanted number of packets leaves."""
    fixed = int(np.asarray(FIXED_PACKETS)[fate].sum()) + int(0.2 * 2 * live.sum())
    # Itself and half an acknowledgement; while a segment is missing, each one is acknowledged (share measured on what comes out).
    per_segment = 1.5 + 0.35 * (1 - math.exp(-order.loss / 0.022))
    weight = np.where(live, np.minimum(chance.pareto(1.3, len(fate)) + 0.05, 4_000.0), 0.0)
    scale = max(0.0, order.packets - fixed) / per_segment / max(weight.sum(), 1e-9)
    return np.where(live, np.maximum(1, np.round(weight * scale)), 0).astype("i8")


def _write_unanswered(of: Connections, tape: Tape) -> None:
    """SYNs that meet a closed port, and SYNs that meet silence: sent again after 1, 3 and 7 seconds."""
    rows = np.flatnonzero(of.fate == Fate.REFUSED)
    tape.client(rows, of.start_ns[rows], SYN, 0, 0)
    tape.server(rows, of.start_ns[rows] + of.rtt_ns[rows], RST | ACK, -of.server_isn[rows], 1)
    rows = np.flatnonzero(of.fate == Fate.FILTERED)
    for tries, wait_s in enumerate((0, 1, 3, 7)):
        tape.client(rows, of.start_ns[rows] + wait_s * SECOND_NS, SYN, 0, 0, again=int(tries > 0))


def _write_openings(of: Connections, tape: Tape) -> None:
    """Handshake, request, and the server's acknowledgement of it."""
    rows = np.flatnonzero(of.segments > 0)
    start_ns, rtt_ns, request = of.start_ns[rows], of.rtt_ns[rows], of.request_bytes[rows]
    tape.client(rows, start_ns, SYN, 0, 0)
    tape.server(rows, start_ns + rtt_ns, SYN | ACK, 0, 1)
    tape.client(rows, start_ns + rtt_ns + 20 * MICROSECOND_NS, ACK, 1, 1)
    tape.client(rows, start_ns + rtt_ns + 100 * MICROSECOND_NS, PSH | ACK, 1, 1, payload=request)
    tape.server(rows, start_ns + 2 * rtt_ns + 100 * MICROSECOND_NS, ACK, 1, 1 + request)


def _write_bulk(of: Connections, loss: float, chance: np.random.Generator, tape: Tape) -> Column:
    """The bulk transfers with their losses and repairs; the answer is when each connection falls quiet."""
    rows = np.repeat(np.arange(len(of.fate)), of.segments)
    first = np.repeat(np.cumsum(of.segments) - of.segments, of.segments)
    index = np.arange(len(rows)) - first
    last = index == of.segments[rows] - 1
    rtt_ns, upload = of.rtt_ns[rows], of.upload[rows]

    think_ns = (chance.exponential(0.01, len(of.fate)) * SECOND_NS).astype("i8")
    opening_ns = of.start_ns + np.where(of.upload, of.rtt_ns, 2 * of.rtt_ns + think_ns) + 200 * MICROSECOND_NS
    tap_ns = opening_ns[rows] + _pace_ns(index, rtt_ns)

    # The last segment of a download is not lost: nothing in the file could tell its repair from data that was written late.
    lost = (chance.random(len(rows)) < loss) & (index > 0) & (upload | ~last)
    repair_ns = tap_ns + 200 * MILLISECOND_NS + rtt_ns
    third = np.arange(len(rows)) + 3
    fast = index + 3 < of.segments[rows]
    repair_ns[fast] = (tap_ns[third[fast]] + rtt_ns[fast]) + 50 * MICROSECOND_NS

    # When a segment, or its repair, reaches the receiver; and how long its acknowledgement takes back to the tap.
    way_ns = np.where(upload, rtt_ns // 2, 10 * MICROSECOND_NS)
    arrival_ns = np.where(lost, repair_ns, tap_ns) + way_ns

    payload = np.where(last, of.last_segment_bytes[rows], MSS)
    flags = np.where(last, PSH | ACK, ACK)
    seen = ~lost | upload
    _write_segments(of, tape, rows[seen], tap_ns[seen], index[seen], flags[seen], payload[seen], again=False)
    _write_segments(of, tape, rows[lost], repair_ns[lost], index[lost], flags[lost], payload[lost], again=True)
    _write_bulk_acks(of, tape, rows, first, index, last, lost, arrival_ns, way_ns)

    quiet_ns = of.start_ns + 2 * of.rtt_ns
    np.maximum.at(quiet_ns, rows, arrival_ns + way_ns)
    return np.asarray(quiet_ns + of.rtt_ns)


def _pace_ns(index: Column, rtt_ns: Column) -> Column:
    """When a segment leaves, from the first of its connection: rounds of 10, 20, 40, 40, … segments."""
    first, second, later = ROUNDS
    beyond = index - first - second
    lap = np.where(beyond >= 0, 2 + beyond // later, (index >= first).astype("i8"))
    place = np.where(beyond >= 0, beyond % later, np.where(index >= first, index - first, index))
    return np.asarray(lap * np.maximum(rtt_ns, 2 * later * SEGMENT_GAP_NS) + place * SEGMENT_GAP_NS)


def _write_segments(
    of: Connections, tape: Tape, rows: Column, time_ns: Column, index: Column, flags: Column, payload: Column, *, again: bool
) -> None:
    """Bulk segments, each from the side that sends in its connection."""
    request = of.request_bytes[rows]
    for is_upload in (False, True):
        pick = of.upload[rows] == is_upload
        offset = 1 + index[pick] * MSS
        more = {"payload": payload[pick], "again": np.asarray(again)}
        if is_upload:
            tape.client(rows[pick], time_ns[pick], flags[pick], offset + request[pick], 1, **more)
        else:
            tape.server(rows[pick], time_ns[pick], flags[pick], offset, 1 + request[pick], **more)


def _write_bulk_acks(
    of: Connections, tape: Tape, rows: Column, first: Column, index: Column, last: Column, lost: Column, arrival_ns: Column, way_ns: Column
) -> None:
    """The receiver's acknowledgements: of every second segment, of the last, and of each that comes while one is missing."""
    span_ns = int(arrival_ns.max(initial=0)) + 1
    arrival = rows * span_ns + arrival_ns
    complete = np.maximum.accumulate(arrival)  # until when the stream up to this segment was whole
    whole = np.searchsorted(complete, arrival, side="right") - first  # segments in order at that moment

    here = np.arange(len(rows))
    hole = whole <= index
    answered = hole | lost | (index % 2 == 1) | last
    # The run of segments around the newest one, as far as the last loss before it tells.
    before = np.maximum.accumulate(np.where(lost, here, -1))
    missing = (before >= first) & (arrival_ns[before] > arrival_ns)
    left = np.where(missing, before - first + 1, index)
    right = np.where(hole & ~lost, (index + 1) * MSS, left * MSS)

    total = of.bulk_bytes[rows]
    ack = np.minimum(whole * MSS, total)
    for is_upload in (False, True):
        pick = np.flatnonzero(answered & (of.upload[rows] == is_upload))
        base = 1 + (of.request_bytes[rows[pick]] if is_upload else 0)
        block = {
            "sack_left": base + left[pick] * MSS,
            "sack_right": base + np.minimum(right[pick], np.maximum(total[pick], left[pick] * MSS)),
        }
        if is_upload:
            tape.server(rows[pick], (arrival_ns + way_ns)[pick], ACK, 1, base + ack[pick], **block)
        else:
            tape.client(rows[pick], (arrival_ns + way_ns)[pick], ACK, 1 + of.request_bytes[rows[pick]], base + ack[pick], **block)


def _write_ends(of: Connections, quiet_ns: Column, chance: np.random.Generator, tape: Tape) -> None:
    """The server's reply to an upload; then a close by either side, an abort, a peer that has vanished, or nothing."""
    rows = np.flatnonzero((of.segments > 0) & of.upload)
    sent = 1 + of.request_bytes + np.where(of.upload, of.bulk_bytes, 0)
    got = 1 + np.where(of.upload, of.reply_bytes, of.bulk_bytes)
    tape.server(rows, quiet_ns[rows], PSH | ACK, 1, sent[rows], payload=of.reply_bytes[rows])
    tape.client(rows, quiet_ns[rows] + 40 * MILLISECOND_NS, ACK, sent[rows], got[rows])

    end_ns = quiet_ns + 100 * MILLISECOND_NS + (chance.exponential(0.05, len(of.fate)) * SECOND_NS).astype("i8")
    by_client = chance.random(len(of.fate)) < 0.7
    rows = np.flatnonzero((of.fate == Fate.FIN) & by_client)
    tape.client(rows, end_ns[rows], FIN | ACK, sent[rows], got[rows])
    tape.server(rows, end_ns[rows] + of.rtt_ns[rows], FIN | ACK, got[rows], sent[rows] + 1)
    tape.client(rows, end_ns[rows] + of.rtt_ns[rows] + 20 * MICROSECOND_NS, ACK, sent[rows] + 1, got[rows] + 1)
    rows = np.flatnonzero((of.fate == Fate.FIN) & ~by_client)
    tape.server(rows, end_ns[rows], FIN | ACK, got[rows], sent[rows])
    tape.client(rows, end_ns[rows] + 40 * MICROSECOND_NS, ACK, sent[rows], got[rows] + 1)
    tape.client(rows, end_ns[rows] + 300 * MICROSECOND_NS, FIN | ACK, sent[rows], got[rows] + 1)
    tape.server(rows, end_ns[rows] + 300 * MICROSECOND_NS + of.rtt_ns[rows], ACK, got[rows] + 1, sent[rows] + 1)

    rows = np.flatnonzero((of.fate == Fate.RST) & by_client)
    tape.client(rows, end_ns[rows], RST | ACK, sent[rows], got[rows])
    rows = np.flatnonzero((of.fate == Fate.RST) & ~by_client)
    tape.server(rows, end_ns[rows], RST | ACK, got[rows], sent[rows])

    rows = np.flatnonzero(of.fate == Fate.VANISHED)
    timeout_ns = 200 * MILLISECOND_NS + of.rtt_ns[rows]
    for tries, waits in enumerate((0, 1, 3, 7, 15, 31)):
        tape.client(rows, end_ns[rows] + waits * timeout_ns, PSH | ACK, sent[rows], got[rows], payload=333, again=int(tries > 0))
