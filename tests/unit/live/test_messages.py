"""Dumps of sock_diag as rows: every field in its column, whatever the order and the length of attributes."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estab.flow import Endpoint
from estab.live.messages import STATES, DumpError, Reader, chain, read_pattern
from estab.machine.states import State
from estab.snapshot import SocketMemory, TimerKind
from estab.snapshot_table import IPV4, IPV6, SocketArray, socket_row, socket_table
from tests.unit.live.dumps import (
    CGROUP_ID,
    CLOSE_WAIT,
    CONG,
    ESTABLISHED,
    INFO,
    LISTEN,
    MARK,
    SHUTDOWN,
    SKMEMINFO,
    SKV6ONLY,
    TIME_WAIT,
    attribute,
    message,
    tcp_info,
)

FULL = (
    attribute(SHUTDOWN, b"\x02"),
    attribute(MARK, struct.pack("=I", 9)),
    attribute(CGROUP_ID, struct.pack("=Q", 2**40)),
    attribute(22, b"\x52\x00"),
    attribute(SKMEMINFO, struct.pack("=9I", *range(1, 10))),
    attribute(INFO, tcp_info(b6=0x97, b7=0b101)),
    attribute(CONG, b"cubic\0"),
)


def table_of(*messages: bytes, reader: Reader | None = None) -> SocketArray:
    data = memoryview(bytearray(b"".join(messages)))
    places = chain(data.cast("I"), len(data))
    rows = socket_table([])
    rows.resize(len(places), refcheck=False)
    (reader or Reader()).read(data, places, rows)
    return rows


def test_every_field_finds_its_column() -> None:
    made = message(CLOSE_WAIT, timer=(1, 204, 3), queues=(1, 1448), inode=77, cookie=2**63 + 1, interface=4, uid=1000, attributes=FULL)
    row = socket_row(table_of(made), 0)
    assert (row.local, row.remote) == (Endpoint("10.0.0.1", 80), Endpoint("10.0.0.2", 40_000))
    assert (row.state, row.timer, row.timer_expires_ms, row.timer_retries) == (State.CLOSE_WAIT, TimerKind.RETRANSMIT, 204, 3)
    assert (row.recv_queue, row.send_queue, row.inode, row.cookie, row.interface, row.uid) == (1, 1448, 77, 2**63 + 1, 4, 1000)
    assert (row.shutdown, row.mark, row.cgroup, row.congestion) == (2, 9, 2**40, "cubic")
    assert row.memory == SocketMemory(*range(1, 10))
    assert row.info is not None
    assert (row.info.snd_wscale, row.info.rcv_wscale) == (7, 9)
    assert row.info.delivery_rate_app_limited and row.info.fastopen_client_fail == 2
    assert (row.info.rto_us, row.info.rtt_us, row.info.snd_wnd_bytes) == (8, 68, 228)
    assert row.info.pacing_rate_bytes_per_s == 104 | 108 << 32


@pytest.mark.parametrize("length", [104, 192, 232, 248, 280, 400])
def test_tcp_info_of_any_length_is_accepted(length: int) -> None:
    info = socket_row(table_of(message(attributes=[attribute(INFO, tcp_info(length))])), 0).info
    assert info is not None
    assert info.total_retrans == 100
    assert info.snd_wnd_bytes == (228 if length > 228 else 0)


def test_short_and_bare_messages_between_full_ones() -> None:
    """TIME-WAITs have no attributes; families, algorithms and lengths are mixed; the order is kept."""
    reno = (*FULL[:-1], attribute(CONG, b"reno\0"))
    six = {"local": ("2001:db8::1", 443), "remote": ("2001:db8::2", 50_000)}
    kinds = [
        message(inode=1, attributes=FULL),
        message(TIME_WAIT, timer=(3, 59_000, 0), inode=0),
        message(inode=3, attributes=reno),
        message(inode=4, attributes=FULL, **six),  # type: ignore[arg-type]
        message(LISTEN, inode=5, attributes=[attribute(SKV6ONLY, b"\x01"), *FULL], **six),  # type: ignore[arg-type]
    ]
    order = [0, 0, 1, 2, 0, 3, 3, 4, 1, 1, 2, 0, 3] * 9
    table = table_of(*(kinds[kind] for kind in order))
    assert table["inode"].tolist() == [(1, 0, 3, 4, 5)[kind] for kind in order]
    assert table["has_info"].tolist() == [kind != 1 for kind in order]
    assert table["congestion"].tolist() == [(b"cubic", b"", b"reno", b"cubic", b"cubic")[kind] for kind in order]
    assert table["family"].tolist() == [(IPV4, IPV4, IPV4, IPV6, IPV6)[kind] for kind in order]
    assert table["v6only"].tolist() == [kind == 4 for kind in order]
    assert socket_row(table, 5).local == Endpoint("2001:db8::1", 443)


def test_long_runs_of_one_length_and_their_end() -> None:
    first, second = message(attributes=FULL), message(TIME_WAIT)
    table = table_of(*[first] * 3000, *[second] * 2000, first, second)
    assert table["has_info"].tolist() == [True] * 3000 + [False] * 2000 + [True, False]


def test_a_reader_that_knows_patterns_reads_other_ones_too() -> None:
    reader = Reader()
    table_of(message(attributes=FULL), reader=reader)
    table = table_of(message(attributes=FULL[:4]), message(inode=6, attributes=FULL), reader=reader)
    assert table["has_info"].tolist() == [False, True] and table["inode"].tolist() == [1, 6]


def test_same_length_other_attributes() -> None:
    """Two messages as long as each other in which the same bytes mean different things."""
    table = table_of(message(attributes=[attribute(MARK, b"\7\0\0\0")]), message(attributes=[attribute(23, b"\7\0\0\0")]))
    assert table["mark"].tolist() == [7, 0]


def test_a_mapped_address_keeps_its_socket_s_family() -> None:
    table = table_of(message(local=("::ffff:10.0.0.1", 80), remote=("::ffff:10.0.0.2", 1024)))
    assert table["family"].tolist() == [IPV6] and socket_row(table, 0).local == Endpoint("10.0.0.1", 80)


@pytest.mark.parametrize(("number", "state"), [*STATES.items(), (13, State.CLOSED), (99, State.CLOSED)])
def test_states_by_the_kernel_s_numbers(number: int, state: State) -> None:
    assert table_of(message(number))["state"].tolist() == [state]


@pytest.mark.parametrize(
    "broken",
    [
        struct.pack("=IHHII", 8, 20, 2, 1, 0),  # shorter than its own header
        struct.pack("=IHHII", 400, 20, 2, 1, 0),  # longer than what was read
        message()[:-4],
    ],
)
def test_a_broken_chain_is_an_error(broken: bytes) -> None:
    data = memoryview(bytearray(message() * 20 + broken))
    with pytest.raises(DumpError):
        chain(data.cast("I"), len(data))


def test_a_run_that_reaches_beyond_what_was_read_is_an_error() -> None:
    data = memoryview(bytearray(message() * 20))
    with pytest.raises(DumpError):
        chain(data.cast("I"), len(data) - 4)


@pytest.mark.parametrize("size", [0, 3, 200])
def test_an_attribute_that_does_not_fit_is_an_error(size: int) -> None:
    data = bytearray(message(attributes=[attribute(MARK, bytes(4))]))
    struct.pack_into("=H", data, 88, size)
    with pytest.raises(DumpError):
        read_pattern(memoryview(data), 0)


def test_a_message_that_is_no_socket_is_an_error() -> None:
    data = memoryview(bytearray(struct.pack("=IHHIII", 20, 20, 2, 1, 0, 0)))
    with pytest.raises(DumpError):
        read_pattern(data, 0)


DUMP = message(attributes=FULL) * 12 + message(TIME_WAIT) + message(LISTEN, attributes=FULL[:3])


@given(st.lists(st.tuples(st.integers(0, len(DUMP) - 1), st.integers(0, 255)), min_size=1, max_size=12), st.integers(0, len(DUMP) // 4))
def test_whatever_stands_in_a_dump_is_read_or_refused(changes: list[tuple[int, int]], cut_words: int) -> None:
    damaged = bytearray(DUMP)
    for place, value in changes:
        damaged[place] = value
    with contextlib.suppress(DumpError):
        table = table_of(bytes(damaged[: len(DUMP) - 4 * cut_words]))
        for row in range(len(table)):
            socket_row(table, row)


def test_an_attribute_told_twice_counts_once() -> None:
    twice = [attribute(MARK, b"\1\0\0\0"), attribute(MARK, b"\2\0\0\0")]
    assert table_of(message(ESTABLISHED, attributes=twice))["mark"].tolist() == [1]
