"""Columns of two tables of sockets."""

from __future__ import annotations

from estab.diagnose.host_table import HostTable
from estab.flow import Endpoint
from estab.machine.states import State
from estab.snapshot import SocketSnapshot
from estab.snapshot_table import socket_table
from tests.host_rules.hosts import grown, socket

LISTENER = SocketSnapshot(local=Endpoint("0.0.0.0", 40_002), remote=Endpoint("0.0.0.0", 0), state=State.LISTEN, cookie=9)
OLD, GONE, NEW = socket(number=1, bytes_sent=10), socket(number=2), socket(number=3)
TABLE = HostTable(socket_table([OLD, GONE]), socket_table([NEW, grown(OLD, bytes_sent=25), LISTENER]))


def test_sockets_are_followed_by_their_cookie() -> None:
    assert (TABLE.is_new.tolist(), TABLE.stayed.tolist(), TABLE.gone.tolist()) == ([True, False, True], [False, True, False], [1])


def test_growth_is_of_the_same_socket() -> None:
    assert TABLE.grew("bytes_sent").tolist()[1] == 15


def test_who_opened_a_connection() -> None:
    served = socket(number=2)  # its local port is the listener's
    table = HostTable(None, socket_table([LISTENER, served, NEW]))
    assert (table.listening.tolist(), table.inbound.tolist(), table.outbound.tolist()) == (
        [True, False, False], [False, True, False], [False, False, True],
    )  # fmt: skip


def test_an_empty_host() -> None:
    empty = HostTable(socket_table([]), socket_table([]))
    assert empty.gone.tolist() == [] and empty.state(State.ESTABLISHED).tolist() == []
