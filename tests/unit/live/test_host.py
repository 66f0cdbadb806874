"""A host at one instant: all sources together, and what could not be seen."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import socket
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from estab.errors import PermissionNeeded
from estab.flow import Endpoint
from estab.live import host, settings
from estab.live.holders import Holders, find_holders
from estab.live.host import Owners, matter, take_snapshot
from estab.live.sock_diag import states_mask
from estab.machine.states import State
from estab.snapshot import HostSnapshot, SocketSnapshot
from estab.snapshot_table import socket_table


def test_this_host() -> None:
    before_ns = time.time_ns()
    taken = take_snapshot()
    assert before_ns <= taken.taken_ns <= time.time_ns() and 0 < taken.boot_ns < taken.taken_ns
    assert taken.kernel == os.uname().release
    assert taken.namespace == pathlib.Path("/proc/self/ns/net").stat().st_ino
    assert "TcpExt.ListenOverflows" in taken.counters and "tcp_fin_timeout" in taken.knobs and "net.ipv4.conf.all.rp_filter" in taken.knobs
    assert any(interface.name == "lo" for interface in taken.interfaces.values())
    assert taken.sockets is not None and set(taken.unseen) <= {"owners"}


def test_owners_as_they_are_wished_for() -> None:
    with socket.socket() as listener, socket.socket() as client:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client.connect(listener.getsockname())
        inodes = [os.fstat(one.fileno()).st_ino for one in (listener, client)]
        found = {wish: [inode in take_snapshot(owners=wish).owners for inode in inodes] for wish in Owners}
    assert found == {Owners.NONE: [False, False], Owners.MATTERING: [True, False], Owners.ALL: [True, True]}


def test_after_an_earlier_reading_its_owners_are_looked_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    search = find_holders

    def noted(among: set[int] | None = None) -> Holders:
        asked.append(among)
        return search(among)

    monkeypatch.setattr(host, "find_holders", noted)
    monkeypatch.setattr(host, "likely_count", lambda: 0)
    with listening() as one, listening() as other:
        mattering = [one]  # whatever else goes on at this host
        monkeypatch.setattr(host, "matter", lambda sockets: np.isin(sockets["inode"], mattering))
        earlier = take_snapshot()
        again = take_snapshot(earlier=earlier)
        assert again.owners[one][0].pid == os.getpid()
        assert os.getpid() in again.processes and again.unseen.get("owners") == earlier.unseen.get("owners")
        mattering.append(other)
        assert take_snapshot(earlier=earlier).owners[other][0].pid == os.getpid()
    assert asked == [None, {os.getpid()}, {os.getpid()}]


def test_a_socket_of_somebody_else_is_searched_for_everywhere() -> None:
    with listening():
        earlier = take_snapshot()
        for state in (State.ESTABLISHED, State.LISTEN):  # its owner was not asked for, or did not hold it
            forgotten = dataclasses.replace(earlier, owners={}, processes={})
            forgotten.sockets["state"][:] = state
            with listening() as other:
                assert take_snapshot(earlier=forgotten).owners[other]


def test_where_nothing_matters_nobody_is_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "likely_count", lambda: 0)
    monkeypatch.setattr(host, "matter", lambda sockets: np.zeros(len(sockets), bool))
    monkeypatch.setattr(host, "find_holders", lambda *_: pytest.fail("searched"))
    assert take_snapshot().owners == {}


@contextlib.contextmanager
def listening() -> Iterator[int]:
    """The inode of a listener of this process."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield os.fstat(listener.fileno()).st_ino


def test_states_are_passed_on_and_sockets_can_be_left_out() -> None:
    assert take_snapshot(with_sockets=False).sockets is None
    states = take_snapshot(states=states_mask([State.LISTEN])).sockets["state"]
    assert set(states.tolist()) <= {State.LISTEN}


def test_what_matters() -> None:
    here, there = Endpoint("10.0.0.1", 80), Endpoint("10.0.0.2", 1024)
    kinds: list[tuple[State, dict[str, Any], bool]] = [
        (State.LISTEN, {"inode": 1}, True),
        (State.ESTABLISHED, {"inode": 1}, False),
        (State.ESTABLISHED, {"inode": 1, "send_queue": 1}, True),
        (State.CLOSE_WAIT, {"inode": 1, "recv_queue": 1}, True),
        (State.FIN_WAIT_1, {"inode": 0, "send_queue": 9}, False),  # an orphan belongs to nobody
    ]
    table = socket_table(SocketSnapshot(local=here, remote=there, state=state, **more) for state, more, _ in kinds)
    assert matter(table).tolist() == [expected for *_, expected in kinds]


def fail(*arguments: object) -> object:
    raise PermissionNeeded("refused", capability="CAP_NET_ADMIN")


@pytest.mark.parametrize("name", ["sockets", "neighbours", "qdiscs", "interfaces"])
def test_what_is_refused_is_named_and_the_rest_is_there(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(host, f"read_{name}", fail)
    taken = take_snapshot()
    assert str(taken.unseen[name]) == "not permitted; needs CAP_NET_ADMIN"
    assert not getattr(taken, name) and taken.counters


def test_hidden_processes_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    none = np.array([], np.int64)
    monkeypatch.setattr(host, "find_holders", lambda: Holders(inodes=none, pids=none, descriptors=none, open_files={}, hidden=3))
    assert "open files of 3 processes" in str(take_snapshot().unseen["owners"])


def test_settings_of_the_host_that_a_namespace_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a namespace lacks tcp_mem; it is read outside."""
    everything = settings.read_settings

    def partly(knobs: Any = None) -> object:
        found, unseen = everything(knobs)
        return ({name: value for name, value in found.items() if name != "tcp_mem"} if knobs is None else found), unseen

    monkeypatch.setattr(settings, "read_settings", partly)
    monkeypatch.setattr(settings, "is_initial_namespace", lambda: False)
    taken: HostSnapshot = take_snapshot(with_sockets=False)
    assert "tcp_mem" in taken.knobs or "tcp_mem" in str(taken.unseen["knobs.host"])
