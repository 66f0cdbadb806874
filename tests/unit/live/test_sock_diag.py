"""All sockets of this host: those that this test makes are among them; errors of the kernel are told."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from typing import Self

import numpy as np
import pytest

from estab.errors import PermissionNeeded
from estab.live import sock_diag
from estab.live.messages import DumpError
from estab.live.sock_diag import ALL_STATES, read_sockets, states_mask
from estab.machine.states import State
from estab.snapshot_table import SOCKET, socket_row
from tests.unit.live.dumps import TIME_WAIT, done, header, message


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_listener_and_both_ends_of_a_connection(family: socket.AddressFamily) -> None:
    address = "127.0.0.1" if family == socket.AF_INET else "::1"
    with socket.socket(family) as listener, socket.socket(family) as client:
        try:
            listener.bind((address, 0))
        except OSError:
            pytest.skip("no IPv6 here")
        listener.listen(5)
        client.connect(listener.getsockname())
        accepted, _ = listener.accept()
        with accepted:
            accepted.send(b"12345")
            table = read_sockets()
            by_inode = {inode: row for row, inode in enumerate(table["inode"].tolist())}
            rows = [socket_row(table, by_inode[os.fstat(one.fileno()).st_ino]) for one in (listener, client, accepted)]
            assert [row.state for row in rows] == [State.LISTEN, State.ESTABLISHED, State.ESTABLISHED]
            assert (rows[0].recv_queue, rows[0].send_queue) == (0, 5)
            assert (rows[1].recv_queue, rows[1].local.port, rows[1].remote.port) == (5, rows[2].remote.port, rows[2].local.port)
            assert rows[2].local.address == address and rows[2].info is not None and rows[2].info.bytes_sent == 5
            assert rows[2].memory is not None and rows[2].memory.sndbuf_bytes > 0
            assert rows[1].congestion and rows[1].cookie


def test_only_some_states() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        found = read_sockets(states_mask([State.LISTEN]))
        assert set(found["state"].tolist()) == {State.LISTEN}
        assert listener.getsockname()[1] in found["local_port"].tolist()


def test_without_tcp_info() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert not read_sockets(with_info=False)["has_info"].any()


def test_the_mask_of_a_state_has_all_its_numbers() -> None:
    assert states_mask(State) == ALL_STATES - 1
    assert states_mask([State.SYN_RECEIVED]) == 1 << 3 | 1 << 12


class Kernel:
    """A socket that answers what it was told to."""

    def __init__(self, answers: list[bytes]) -> None:
        self._answers: Iterator[bytes] = iter(answers)
        self.asked: list[bytes] = []

    def setsockopt(self, *arguments: object) -> None: ...

    def send(self, data: bytes) -> None:
        self.asked.append(data)

    def recv_into(self, place: memoryview, *_: int) -> int:
        answer = next(self._answers, None)
        if answer is None:
            raise BlockingIOError(11, "nothing more")
        place[: len(answer)] = answer
        return len(answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None: ...


def answer(monkeypatch: pytest.MonkeyPatch, *dumps: list[bytes]) -> list[Kernel]:
    kernels = [Kernel(list(dump)) for dump in dumps]
    left = iter(kernels)
    monkeypatch.setattr(socket, "socket", lambda *_: next(left, Kernel([])))  # one that is never asked
    return kernels


def test_the_end_may_stand_behind_the_last_socket_or_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    kernels = answer(monkeypatch, [message(inode=1) * 3, message(inode=2) + done()], [message(inode=3), done()])
    assert read_sockets()["inode"].tolist() == [1, 1, 1, 2, 3]
    assert [kernel.asked[0][16] for kernel in kernels] == [socket.AF_INET, socket.AF_INET6]


def test_many_are_read_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sock_diag, "MANY", 0)
    monkeypatch.setattr(sock_diag, "likely_count", lambda: 1)
    parts = [b"".join(message(TIME_WAIT, inode=part * 1000 + number) for number in range(300)) for part in range(20)]
    answer(monkeypatch, [*parts[::2], done()], [*parts[1::2], done()])
    inodes = read_sockets()["inode"].tolist()
    assert sorted(inodes) == [part * 1000 + number for part in range(20) for number in range(300)]
    answer(monkeypatch, [*parts, done()], [message() + done(-105)])
    with pytest.raises(DumpError, match="No buffer space"):
        read_sockets()


def test_more_sockets_than_were_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sock_diag, "likely_count", lambda: 1)
    parts = [b"".join(message(TIME_WAIT, inode=part * 1000 + number) for number in range(300)) for part in range(40)]
    answer(monkeypatch, [*parts, done()], [done()])
    table = read_sockets()
    assert table.dtype == SOCKET and np.array_equal(table["inode"], [part * 1000 + number for part in range(40) for number in range(300)])


def test_a_kernel_without_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, [message() + done()], [header(2, struct.pack("=i", -2) + bytes(16))])
    assert len(read_sockets()) == 1


@pytest.mark.parametrize(
    ("answers", "problem", "said"),
    [
        ([header(2, struct.pack("=i", -2) + bytes(16))], DumpError, "No such file"),
        ([header(2, struct.pack("=i", -1) + bytes(16))], PermissionNeeded, "CAP_NET_ADMIN"),
        ([message() + done(-105)], DumpError, "No buffer space"),
        ([], DumpError, "has not answered"),
        ([message()], DumpError, "has not answered"),
        ([message()[:-4]], DumpError, "does not fit"),
    ],
)
def test_errors_of_the_kernel(monkeypatch: pytest.MonkeyPatch, answers: list[bytes], problem: type[Exception], said: str) -> None:
    answer(monkeypatch, answers)
    with pytest.raises(problem, match=said):
        read_sockets()
