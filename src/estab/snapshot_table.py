"""Many sockets as one table: the columns of `SocketSnapshot`, of its `TcpInfo` and of its `SocketMemory`, under the same names.

A kernel's dump of 200,000 sockets is one array, and a rule asks it with masks: `sockets["rtt_us"][sockets["state"] == State.ESTABLISHED]`.
Columns are unsigned like the kernel's own fields: convert (`.astype(np.int64)`) before subtracting.  `info` and `memory` of a
snapshot are None where `has_info` and `has_memory` are False; their columns are then zero.  A listener has TCP_INFO too, and other
things in it: `unacked_segments` is its accept queue, `sacked_segments` the limit.  Owners are not part of the table: they
belong to an inode (`HostSnapshot.owners`).

The columns from `rmem_alloc_bytes` to `drops` lie in memory as `skmeminfo` does, those from `INFO_AT` on as `struct tcp_info`, so that a
dump is copied in blocks; `INFO_BYTES` of it are kept, of whatever length the kernel's is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from estab.flow import Endpoint, parse_address, spell_address
from estab.machine.states import State
from estab.snapshot import CongestionState, Owner, SocketMemory, SocketSnapshot, TcpInfo, TcpOption, TimerKind
from estab.text import Text

SocketArray = npt.NDArray[np.void]

IPV4, IPV6 = 4, 6
"""Values of `family`: that of the socket, so that 6 with an IPv4 address is a connection of a dual-stack listener."""

MEMORY_FIELDS = tuple(field.name for field in dataclasses.fields(SocketMemory))

_SOCKET_PART: tuple[tuple[str, Any], ...] = (
    ("local_address", (np.uint32, (4,))),
    ("remote_address", (np.uint32, (4,))),
    ("cookie", np.uint64),
    ("cgroup", np.uint64),
    ("timer_expires_ms", np.uint32),
    ("recv_queue", np.uint32),
    ("send_queue", np.uint32),
    ("uid", np.uint32),
    ("inode", np.uint32),
    ("interface", np.uint32),
    ("mark", np.uint32),
    ("local_port", np.uint16),
    ("remote_port", np.uint16),
    ("family", np.uint8),
    ("state", np.uint8),
    ("timer", np.uint8),
    ("timer_retries", np.uint8),
    ("v6only", np.bool_),
    ("has_info", np.bool_),
    ("has_memory", np.bool_),
    ("shutdown", np.uint8),
    ("rcv_wscale", np.uint8),
    ("fastopen_client_fail", np.uint8),
    ("congestion", "S16"),
    ("pad", "V2"),
)

_INFO_PART: tuple[tuple[str, Any, int], ...] = (
    ("ca_state", np.uint8, 1),
    ("retransmits", np.uint8, 2),
    ("probes", np.uint8, 3),
    ("backoff", np.uint8, 4),
    ("options", np.uint8, 5),
    ("snd_wscale", np.uint8, 6),
    ("delivery_rate_app_limited", np.uint8, 7),
    ("rto_us", np.uint32, 8),
    ("ato_us", np.uint32, 12),
    ("snd_mss_bytes", np.uint32, 16),
    ("rcv_mss_bytes", np.uint32, 20),
    ("unacked_segments", np.uint32, 24),
    ("sacked_segments", np.uint32, 28),
    ("lost_segments", np.uint32, 32),
    ("retrans_segments", np.uint32, 36),
    ("last_data_sent_ms", np.uint32, 44),
    ("last_data_recv_ms", np.uint32, 52),
    ("last_ack_recv_ms", np.uint32, 56),
    ("pmtu_bytes", np.uint32, 60),
    ("rcv_ssthresh_bytes", np.uint32, 64),
    ("rtt_us", np.uint32, 68),
    ("rttvar_us", np.uint32, 72),
    ("snd_ssthresh_segments", np.uint32, 76),
    ("snd_cwnd_segments", np.uint32, 80),
    ("advmss_bytes", np.uint32, 84),
    ("reordering", np.uint32, 88),
    ("rcv_rtt_us", np.uint32, 92),
    ("rcv_space_bytes", np.uint32, 96),
    ("total_retrans", np.uint32, 100),
    ("pacing_rate_bytes_per_s", np.uint64, 104),
    ("max_pacing_rate_bytes_per_s", np.uint64, 112),
    ("bytes_acked", np.uint64, 120),
    ("bytes_received", np.uint64, 128),
    ("segs_out", np.uint32, 136),
    ("segs_in", np.uint32, 140),
    ("notsent_bytes", np.uint32, 144),
    ("min_rtt_us", np.uint32, 148),
    ("data_segs_in", np.uint32, 152),
    ("data_segs_out", np.uint32, 156),
    ("delivery_rate_bytes_per_s", np.uint64, 160),
    ("busy_time_us", np.uint64, 168),
    ("rwnd_limited_us", np.uint64, 176),
    ("sndbuf_limited_us", np.uint64, 184),
    ("delivered", np.uint32, 192),
    ("delivered_ce", np.uint32, 196),
    ("bytes_sent", np.uint64, 200),
    ("bytes_retrans", np.uint64, 208),
    ("dsack_dups", np.uint32, 216),
    ("reord_seen", np.uint32, 220),
    ("rcv_ooopack", np.uint32, 224),
    ("snd_wnd_bytes", np.uint32, 228),
    ("rcv_wnd_bytes", np.uint32, 232),
    ("rehash", np.uint32, 236),
    ("total_rto", np.uint16, 240),
    ("total_rto_recoveries", np.uint16, 242),
    ("total_rto_time_ms", np.uint32, 244),
)
"""Column, type and offset in `struct tcp_info` (include/uapi/linux/tcp.h), which only ever grows at its end."""

INFO_BYTES = 248
"""How much of `tcp_info` is kept."""


def _layout() -> tuple[np.dtype[Any], int, int]:
    """The table's dtype, and where the blocks of memory and of TCP_INFO begin in a row."""
    names, formats, offsets, at = [], [], [], 0
    for name, kind in (*_SOCKET_PART, *((name, np.uint32) for name in MEMORY_FIELDS)):
        if name == MEMORY_FIELDS[0]:
            memory_at = at
        if name != "pad":
            names.append(name)
            formats.append(kind)
            offsets.append(at)
        at += np.dtype(kind).itemsize
    info_at = (at + 7) // 8 * 8
    for name, kind, offset in _INFO_PART:
        names.append(name)
        formats.append(kind)
        offsets.append(info_at + offset)
    described = {"names": names, "formats": formats, "offsets": offsets, "itemsize": info_at + INFO_BYTES}
    return np.dtype(described), memory_at, info_at  # type: ignore[call-overload]


SOCKET, MEMORY_AT, INFO_AT = _layout()
"""The dtype of the table, and the offsets at which a row holds `skmeminfo` and `tcp_info`."""

_INFO_NAMES = tuple(field.name for field in dataclasses.fields(TcpInfo))
_KEPT_IN_BOTH = ("state",)
_PLAIN = (
    "timer", "timer_expires_ms", "timer_retries", "recv_queue", "send_queue", "uid", "inode", "cookie", "interface", "mark", "v6only",
    "cgroup", "shutdown",
)  # fmt: skip
"""Columns that a snapshot holds under the same name and in the same form."""


def socket_table(snapshots: Iterable[SocketSnapshot]) -> SocketArray:
    """The table of these sockets, one row each in their order; their owners are left out."""
    sockets = list(snapshots)
    table = np.zeros(len(sockets), SOCKET)
    if not sockets:
        return table
    for side in ("local", "remote"):
        ends = [getattr(one, side) for one in sockets]
        table[f"{side}_address"] = [parse_address(end.address) for end in ends]
        table[f"{side}_port"] = [end.port for end in ends]
    table["family"] = [IPV6 if ":" in one.local.address else IPV4 for one in sockets]
    table["state"] = [one.state for one in sockets]
    table["congestion"] = [one.congestion.encode() for one in sockets]
    for name in _PLAIN:
        table[name] = [getattr(one, name) for one in sockets]
    _fill(table, "has_info", [(row, one.info) for row, one in enumerate(sockets) if one.info], _INFO_NAMES)
    _fill(table, "has_memory", [(row, one.memory) for row, one in enumerate(sockets) if one.memory], MEMORY_FIELDS)
    return table


def joined(tables: Sequence[SocketArray]) -> SocketArray:
    """The rows of several tables as one.  (`np.concatenate` would lay the columns out anew.)"""
    result = np.zeros(sum(map(len, tables)), SOCKET)
    at = 0
    for table in tables:
        result[at : at + len(table)] = table
        at += len(table)
    return result


def _fill(table: SocketArray, mark: str, parts: list[tuple[int, TcpInfo]] | list[tuple[int, SocketMemory]], names: tuple[str, ...]) -> None:
    """The columns of a part that not every socket has."""
    rows = [row for row, _ in parts]
    table[mark][rows] = True
    for name in names:
        if name not in _KEPT_IN_BOTH:
            table[name][rows] = [getattr(part, name) for _, part in parts]


_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 1], np.uint64)


def distinct_addresses(addresses: npt.NDArray[np.uint32]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Of a column of addresses (four words each) a row of each different one, and for each row the number of its address among these.

    One sum of the words is sorted instead of the four of them; where two addresses have one sum, the words are.
    """
    _, first, number = np.unique((addresses.astype(np.uint64) * _MIX).sum(axis=1), return_index=True, return_inverse=True)
    if (addresses[first][number] != addresses).any():
        _, first, number = np.unique(addresses, axis=0, return_index=True, return_inverse=True)
    return first.astype(np.int64), number.reshape(-1).astype(np.int64)


def endpoint_of(table: SocketArray, row: int, side: str) -> Endpoint:
    """Address and port of the `local` or `remote` end of one row."""
    words = table[f"{side}_address"][row].tolist()
    return Endpoint(spell_address(tuple(words)), int(table[f"{side}_port"][row]))


def socket_row(table: SocketArray, row: int) -> SocketSnapshot:
    """One row as a snapshot; its owners are for the caller to add."""
    record = table[row]
    values = {name: record[name].item() for name in _PLAIN}
    values["timer"] = TimerKind(values["timer"]) if values["timer"] <= max(TimerKind) else TimerKind.NONE
    return SocketSnapshot(
        local=endpoint_of(table, row, "local"),
        remote=endpoint_of(table, row, "remote"),
        state=State(int(record["state"])),
        congestion=record["congestion"].item().decode(errors="replace"),
        info=_info(record) if record["has_info"] else None,
        memory=SocketMemory(*(int(record[name]) for name in MEMORY_FIELDS)) if record["has_memory"] else None,
        **values,
    )


def _info(record: np.void) -> TcpInfo:
    """TCP_INFO of a row."""
    values: dict[str, Any] = {name: int(record[name]) for name in _INFO_NAMES if name not in _KEPT_IN_BOTH}
    ca_state = values["ca_state"]
    values["ca_state"] = CongestionState(ca_state) if ca_state <= max(CongestionState) else CongestionState.OPEN
    values["options"] = TcpOption(values["options"])
    values["delivery_rate_app_limited"] = bool(values["delivery_rate_app_limited"])
    return TcpInfo(state=State(int(record["state"])), **values)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Heard:
    """What a kernel told between two snapshots, as it happened.

    `ended` are the sockets that ceased to exist, as they were last; their state is CLOSED unless an earlier table knew it.  `openers`
    counts for each destination, by process, how often it was connected to; `lost` counts the times that the kernel could not keep up.
    """

    ended: SocketArray
    openers: Mapping[Endpoint, Mapping[Owner, int]] = dataclasses.field(default_factory=dict)
    lost: int = 0
    deaf: Text | str | None = None
    """Why ends could not be heard at all."""
    unseen: Text | str | None = None
    """Why openers could not be seen."""
