"""The sockets that were asked for, from reading to order."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

import pytest

from estab.errors import MisuseError
from estab.live import listing
from estab.live.host import Owners
from estab.live.listing import Request, list_sockets
from estab.live.namespaces import Namespace
from estab.machine.states import State
from estab.snapshot import HostSnapshot
from tests.unit.live.made import OWNERS, host


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A made-up host; what was asked of it."""
    calls: list[Any] = []

    def take(namespace: Namespace | None, *, owners: Owners) -> HostSnapshot:
        calls.append((namespace, owners))
        return host(owned=owners is Owners.ALL, knobs={"tcp_fin_timeout": "60"})

    def add(taken: HostSnapshot, rows: Any) -> HostSnapshot:
        calls.append(rows.tolist())
        return dataclasses.replace(taken, owners=OWNERS)

    monkeypatch.setattr(listing, "take_snapshot", take)
    monkeypatch.setattr(listing, "add_owners", add)
    return calls


def test_everything_in_the_standing_order(asked: list[Any]) -> None:
    found = list_sockets(Request())
    assert (found.total, found.matching, found.left_out) == (5, 5, 0)
    assert found.rows.tolist() == [0, 1, 3, 2, 4]
    assert found.states == {State.LISTEN: 1, State.ESTABLISHED: 2, State.CLOSE_WAIT: 1, State.TIME_WAIT: 1}
    assert asked == [(None, Owners.NONE)] and not found.with_owners


def test_filter_order_and_limit(asked: list[Any]) -> None:
    found = list_sockets(Request(filter="port == 80", sort="-age", limit=2))
    assert found.rows.tolist() == [2, 1] and (found.matching, found.left_out) == (3, 1)


def test_owners_are_looked_for_once_and_for_what_is_shown(asked: list[Any]) -> None:
    found = list_sockets(Request(filter="state == CLOSE-WAIT", owners=True))
    assert asked == [(None, Owners.NONE), [2]] and found.with_owners and found.view.owners_of(2)


@pytest.mark.parametrize("more", [{"filter": "process == nginx"}, {"by": "process"}, {"sort": "process"}])
def test_who_asks_for_processes_gets_all_of_them(asked: list[Any], more: dict[str, str]) -> None:
    found = list_sockets(Request(owners=True, **more))  # type: ignore[arg-type]
    assert asked == [(None, Owners.ALL)] and found.with_owners


def test_groups_and_their_limit(asked: list[Any]) -> None:
    found = list_sockets(Request(by="state", limit=1))
    assert [group.keys for group in found.groups] == [("ESTABLISHED",)] and found.left_out == 3 and found.keys == ("state",)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (Request(filter="colour == red"), "column 1"),
        (Request(by="age"), "cannot be grouped"),
        (Request(sort="colour"), "no such field"),
        (Request(netns="x", pid=1), "only one of"),
        (Request(netns="no/name"), "no name"),
        (Request(pid=4_194_305), "no process"),
    ],
)
def test_requests_without_meaning_are_refused_before_anything_is_read(asked: list[Any], request_: Request, said: str) -> None:
    with pytest.raises(MisuseError, match=said):
        list_sockets(request_)
    assert asked == []


def test_a_process_s_namespace(asked: list[Any]) -> None:
    list_sockets(Request(pid=os.getpid()))
    assert asked[0][0].path.as_posix() == f"/proc/{os.getpid()}/ns/net"


def test_sockets_that_cannot_be_read_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "take_snapshot", lambda *_, **__: HostSnapshot(taken_ns=1, unseen={"sockets": "refused"}))
    with pytest.raises(MisuseError, match="cannot be read: refused"):
        list_sockets(Request())
