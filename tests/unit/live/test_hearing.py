"""What is heard of this host while one waits."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from estab.errors import MisuseError, PermissionNeeded
from estab.flow import Endpoint
from estab.live import hearing as module
from estab.live.hearing import Hearing
from estab.machine.states import State
from estab.snapshot_table import SOCKET, SocketArray, joined


@pytest.fixture
def hearing() -> Iterator[Hearing]:
    made = Hearing(None)
    yield made
    made.close()


def refuse(count: int, *, timeout_s: float | None = 5.0) -> int:
    """So many attempts to a port where nobody listens; without a timeout the call blocks."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = int(taken.getsockname()[1])
        for _ in range(count):
            with socket.socket() as made:
                made.settimeout(timeout_s)
                assert made.connect_ex(("127.0.0.1", port)) != 0
    return port


def ended_at(hearing: Hearing, port: int, count: int) -> SocketArray:
    """So many ends towards a port; the kernel tells of them a moment later."""
    found: list[SocketArray] = []
    deadline = time.monotonic() + 30
    while sum(map(len, found)) < count and time.monotonic() < deadline:
        time.sleep(0.01)
        ended = hearing.take(None).ended
        found.append(ended[ended["remote_port"] == port])
    return joined(found)


def test_attempts_that_no_table_holds_are_heard_once(hearing: Hearing) -> None:
    port = refuse(3)
    ended = ended_at(hearing, port, 3)
    assert (ended["state"] == int(State.CLOSED)).all() and ended["segs_in"].tolist() == [1, 1, 1]
    time.sleep(0.05)
    assert port not in hearing.take(None).ended["remote_port"].tolist()


@pytest.mark.skipif(os.geteuid() != 0, reason="the tracepoint needs root")
def test_where_blocking_attempts_led_is_known(hearing: Hearing) -> None:
    port = refuse(2, timeout_s=None)
    ended = ended_at(hearing, port, 2)
    assert len(ended) == 2 and (ended["segs_out"] == 0).all()  # the kernel had cleared them


@pytest.mark.skipif(os.geteuid() != 0, reason="the tracepoint needs root")
def test_who_connected_is_heard(hearing: Hearing) -> None:
    port = refuse(4)
    (counts,) = [counts for place, counts in hearing.take(None).openers.items() if place == Endpoint("127.0.0.1", port)]
    ((owner, count),) = counts.items()
    assert owner.pid == threading.get_native_id() and owner.command and count == 4


def test_what_is_told_is_taken_while_nobody_asks(hearing: Hearing) -> None:
    """The kernel keeps only so many: whoever reads a large host for seconds must not lose them."""
    port = refuse(3)
    deadline = time.monotonic() + 30
    while sum(int((told["remote_port"] == port).sum()) for told in [*hearing._ended]) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert sum(int((told["remote_port"] == port).sum()) for told in hearing._ended) == 3


def test_more_than_is_kept_is_counted(hearing: Hearing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 2)
    hearing._take(np.zeros(5, SOCKET))
    hearing._take(np.zeros(1, SOCKET))
    heard = hearing.take(None)
    assert len(heard.ended) == 2 and heard.lost >= 4
    assert hearing.take(None).lost <= heard.lost - 4


def test_where_nothing_is_told_the_reason_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_all(*_: object) -> None:
        raise MisuseError("no")

    monkeypatch.setattr(module, "SocketEnds", refuse_all)
    made = Hearing(None)
    assert made.take(None).deaf is not None and len(made.take(None).ended) == 0
    made.close()


def test_without_root_the_ends_are_heard_and_the_openers_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_all(*_: object) -> None:
        raise PermissionNeeded("no", capability="CAP_SYS_ADMIN")

    monkeypatch.setattr(module, "StateChanges", refuse_all)
    made = Hearing(None)
    ended = ended_at(made, refuse(1), 1)
    heard = made.take(None)
    made.close()
    assert len(ended) == 1 and not heard.openers and "CAP_SYS_ADMIN" in str(heard.unseen)


def test_processes_of_other_namespaces_do_not_count(hearing: Hearing) -> None:
    hearing._inode += 1
    assert not hearing._is_at_home(os.getpid())
    assert hearing._is_at_home(4_194_305)  # has ended: nobody knows
