"""The table of sockets: same names and values as the snapshots, laid out as the kernel lays them out."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from estab import snapshot_table
from estab.flow import Endpoint
from estab.machine.states import State
from estab.snapshot import CongestionState, SocketMemory, SocketSnapshot, TcpInfo, TcpOption, TimerKind
from estab.snapshot_table import INFO_AT, IPV4, IPV6, MEMORY_AT, MEMORY_FIELDS, SOCKET, joined, socket_row, socket_table

LISTENER = SocketSnapshot(
    local=Endpoint("::", 80), remote=Endpoint("::", 0), state=State.LISTEN, recv_queue=3, send_queue=128, inode=77, v6only=True
)
TIME_WAIT = SocketSnapshot(
    local=Endpoint("10.0.0.1", 80),
    remote=Endpoint("10.0.0.2", 40000),
    state=State.TIME_WAIT,
    timer=TimerKind.TIME_WAIT,
    timer_expires_ms=59_000,
)


def distinct_info() -> TcpInfo:
    """A TCP_INFO in which no two numbers are equal, so that two columns that were mixed up are seen."""
    numbers = {field.name: 10 + place for place, field in enumerate(dataclasses.fields(TcpInfo)) if field.name not in {"state", "ca_state"}}
    numbers["delivery_rate_app_limited"] = True
    values: dict[str, object] = {**numbers, "options": TcpOption.SACK | TcpOption.TIMESTAMPS}
    return TcpInfo(state=State.CLOSE_WAIT, ca_state=CongestionState.LOSS, **values)  # type: ignore[arg-type]


FULL = SocketSnapshot(
    local=Endpoint("2001:db8::1", 443),
    remote=Endpoint("2001:db8::2", 50_000),
    state=State.CLOSE_WAIT,
    timer=TimerKind.RETRANSMIT,
    timer_expires_ms=204,
    timer_retries=2,
    recv_queue=1,
    send_queue=1448,
    uid=1000,
    inode=123_456,
    cookie=2**63 + 5,
    interface=4,
    mark=7,
    shutdown=2,
    congestion="bbr",
    cgroup=99,
    info=distinct_info(),
    memory=SocketMemory(*range(1, 10)),
)


@pytest.mark.parametrize("snapshot", [LISTENER, TIME_WAIT, FULL], ids=lambda snapshot: snapshot.state.label)
def test_a_row_is_the_snapshot_it_was_made_from(snapshot: SocketSnapshot) -> None:
    table = socket_table([TIME_WAIT, snapshot, LISTENER])
    assert socket_row(table, 1) == snapshot


def test_columns_are_asked_with_masks() -> None:
    table = socket_table([LISTENER, TIME_WAIT, FULL])
    assert table["local_port"][table["state"] == State.TIME_WAIT].tolist() == [80]
    assert table["family"].tolist() == [IPV6, IPV4, IPV6]
    assert table["has_info"].tolist() == [False, False, True]


def test_every_number_of_a_snapshot_has_its_column() -> None:
    told = {field.name for kind in (SocketSnapshot, TcpInfo, SocketMemory) for field in dataclasses.fields(kind)}
    assert told - set(SOCKET.names or ()) == {"local", "remote", "info", "memory", "owners"}


def test_no_sockets_are_an_empty_table() -> None:
    assert socket_table([]).dtype == SOCKET and len(socket_table([])) == 0


def test_values_beyond_what_is_known_do_not_stop_reading() -> None:
    table = socket_table([FULL])
    table["timer"] = 9
    table["ca_state"] = 31
    row = socket_row(table, 0)
    assert row.timer is TimerKind.NONE and row.info is not None and row.info.ca_state is CongestionState.OPEN


def test_blocks_lie_as_the_kernel_has_them() -> None:
    fields = SOCKET.fields
    assert fields is not None
    offsets = {name: fields[name][1] for name in SOCKET.names or ()}
    assert [offsets[name] - MEMORY_AT for name in MEMORY_FIELDS] == list(range(0, 36, 4))
    # Offsets that `pahole tcp_info` shows.
    known = {"rto_us": 8, "rtt_us": 68, "total_retrans": 100, "bytes_acked": 120, "delivered": 192, "snd_wnd_bytes": 228}
    assert {name: offsets[name] - INFO_AT for name in known} == known


def test_every_column_is_aligned_and_none_overlap() -> None:
    assert SOCKET.fields is not None
    taken = np.zeros(SOCKET.itemsize, int)
    for kind, offset, *_ in SOCKET.fields.values():
        assert kind.kind == "S" or offset % kind.base.itemsize == 0
        taken[offset : offset + kind.itemsize] += 1
    assert taken.max() == 1


def test_tables_joined_keep_their_layout() -> None:
    one, other = np.zeros(2, SOCKET), np.zeros(1, SOCKET)
    one["cookie"], other["cookie"] = [1, 2], 3
    whole = joined([one, other])
    assert whole["cookie"].tolist() == [1, 2, 3] and whole.dtype == SOCKET and joined([]).dtype == SOCKET


def test_distinct_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    words = np.array([[1, 2, 0, 0], [2, 1, 0, 0], [1, 2, 0, 0], [0, 0, 0xFFFF, 1]], np.uint32)
    for mix in (snapshot_table._MIX, np.ones(4, np.uint64)):  # with the second, two addresses have one sum
        monkeypatch.setattr(snapshot_table, "_MIX", mix)
        first, number = snapshot_table.distinct_addresses(words)
        assert len(first) == 3 and number[0] == number[2]
        assert (words[first][number] == words).all()
    first, number = snapshot_table.distinct_addresses(words[:0])
    assert len(first) == len(number) == 0
