"""Sockets that cease to exist: told at once, and known again by their cookie."""

from __future__ import annotations

import errno
import os
import socket
import sys
import time

import numpy as np
import pytest

from estab.errors import MisuseError
from estab.live.ends import SocketEnds, with_known_ends
from estab.live.sock_diag import read_sockets
from estab.machine.states import State
from estab.snapshot_table import SOCKET, SocketArray, socket_row, socket_table
from tests.unit.live.made import BUSY, LEAKED


@pytest.fixture
def ends() -> object:
    try:
        made = SocketEnds()
    except MisuseError as problem:
        pytest.skip(str(problem))
    with made:
        yield made


def test_a_connection_that_is_aborted_is_told_and_known_again(ends: SocketEnds) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        accepted, peer = listener.accept()
        before = read_sockets()
        (cookie,) = before["cookie"][before["inode"] == os.fstat(client.fileno()).st_ino].tolist()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
        ended = ends.read(wait_s=5)
        for _ in range(50):
            if cookie in ended["cookie"].tolist():
                break
            ended = np.concatenate([ended, ends.read(wait_s=0.1)])
        accepted.close()
    told = ended[ended["cookie"] == cookie]
    assert told["state"].tolist() == [State.CLOSED] and told["inode"].tolist() == [0]
    row = socket_row(with_known_ends(told, before), 0)
    assert (row.local.address, row.local.port, row.remote.port) == (peer[0], peer[1], listener_port(before, cookie))
    assert row.state is State.ESTABLISHED and row.inode


def listener_port(before: SocketArray, cookie: int) -> int:
    return int(before["remote_port"][before["cookie"] == cookie][0])


def test_nothing_happens(ends: SocketEnds) -> None:
    ends.read()
    assert ends.read(wait_s=0.01).dtype == SOCKET


def test_a_queue_that_overflowed_is_counted(ends: SocketEnds) -> None:
    answers = [OSError(errno.ENOBUFS, "full"), BlockingIOError()]

    class Full:
        def settimeout(self, seconds: float) -> None: ...

        def close(self) -> None: ...

        def recv_into(self, _: memoryview) -> int:
            raise answers.pop(0)

    ends.close()
    ends._heard = Full()  # type: ignore[assignment]
    assert len(ends.read()) == 0 and ends.lost == 1


def test_what_was_never_seen_stays_as_it_was_told() -> None:
    before, ended = socket_table([BUSY, LEAKED]), socket_table([LEAKED, BUSY, LEAKED])
    before["cookie"] = [8, 5]
    ended["cookie"] = [7, 8, 0]
    ended["local_port"] = 0
    known = with_known_ends(ended, before)
    assert known["local_port"].tolist() == [0, 80, 0] and ended["local_port"].tolist() == [0, 0, 0]
    assert with_known_ends(ended, before[:0])["local_port"].tolist() == [0, 0, 0]
    assert known["remote_port"].tolist() == [50_000, 40_000, 50_000]


def test_where_it_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def __init__(self, *arguments: object) -> None: ...

        def setsockopt(self, *_: object) -> None:
            raise PermissionError(1, "no")

        def close(self) -> None: ...

    monkeypatch.setattr(socket, "socket", Refusing)
    with pytest.raises(MisuseError, match="not told here: not permitted"):
        SocketEnds()


def test_many_messages_are_taken_apart_together(ends: SocketEnds) -> None:
    """Connections of several families end at once; each of them is told whole, as when they are told one by one."""
    made = []
    for address in ("127.0.0.1", "::1"):
        with socket.create_server((address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET) as listener:
            made += [(socket.create_connection(listener.getsockname()[:2]), listener.accept()[0]) for _ in range(3)]
    cookies = {int.from_bytes(one.getsockopt(socket.SOL_SOCKET, 57, 8), sys.byteorder) for pair in made for one in pair}  # SO_COOKIE
    for one, other in made:
        other.close()
        one.close()
    told = [ends.read(wait_s=5)]
    deadline = time.monotonic() + 30
    while not cookies <= {int(cookie) for rows in told for cookie in rows["cookie"]} and time.monotonic() < deadline:
        told.append(ends.read(wait_s=0.1))
    rows = [rows[row] for rows in told for row in range(len(rows)) if int(rows[row]["cookie"]) in cookies]
    assert len(rows) == len(cookies) == 12 and {int(row["family"]) for row in rows} == {4, 6}
    assert all(row["has_info"] and row["rtt_us"] > 0 for row in rows)
