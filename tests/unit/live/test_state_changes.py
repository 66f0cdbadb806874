"""Changes of state by the kernel's tracepoint: what its lines say, and that nothing is left behind."""

from __future__ import annotations

import os
import pathlib
import socket
import time

import pytest

from estab.errors import PermissionNeeded
from estab.flow import Endpoint
from estab.live import state_changes
from estab.live.state_changes import StateChange, StateChanges, parse_line
from estab.machine.states import State

LISTEN = (
    "     a b-c [1]-1234    [001] ...1.  4210.123456: inet_sock_set_state: family=AF_INET protocol=IPPROTO_TCP sport=8080 dport=0 "
    "saddr=127.0.0.1 daddr=0.0.0.0 saddrv6=::ffff:127.0.0.1 daddrv6=::ffff:0.0.0.0 oldstate=TCP_CLOSE newstate=TCP_LISTEN"
)


def test_a_line() -> None:
    assert parse_line(LISTEN) == StateChange(
        boot_ns=4_210_123_456_000,
        local=Endpoint("127.0.0.1", 8080),
        remote=Endpoint("0.0.0.0", 0),
        old=State.CLOSED,
        new=State.LISTEN,
        command="a b-c [1]",
        pid=1234,
    )


def test_the_sixth_version() -> None:
    line = LISTEN.replace("AF_INET", "AF_INET6").replace("::ffff:127.0.0.1", "2001:db8::1").replace("TCP_CLOSE ", "TCP_NEW_SYN_RECV ")
    change = parse_line(line)
    assert change is not None and change.local == Endpoint("2001:db8::1", 8080) and change.old is State.SYN_RECEIVED
    assert change.remote == Endpoint("0.0.0.0", 0)  # a mapped address is told as what it is


@pytest.mark.parametrize("line", ["", "# tracer: nop", "CPU:1 [LOST 42 EVENTS]", LISTEN.replace("TCP_LISTEN", "TCP_NEW"), LISTEN[:100]])
def test_other_lines(line: str) -> None:
    assert parse_line(line) is None


@pytest.fixture
def changes() -> object:
    try:
        made = StateChanges()
    except PermissionNeeded as problem:
        pytest.skip(str(problem))
    with made:
        yield made


def test_a_connection_s_life_without_time_wait(changes: StateChanges) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        own = client.getsockname()[1]
        server, _ = listener.accept()
        client.close()
        server.close()
    found: list[StateChange] = []
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and not any(one.local.port == port and one.new is State.CLOSED for one in found):
        found += changes.read(wait_s=0.2)
    path = [one.new for one in found if one.local.port == own]
    assert path[:2] == [State.ESTABLISHED, State.FIN_WAIT_1] and State.TIME_WAIT not in path
    asked = [one for one in found if one.new is State.SYN_SENT and one.remote.port == port]
    assert [(one.old, one.local.port) for one in asked] == [(State.CLOSED, 0)]
    assert any(one.local.port == port and one.new is State.LISTEN for one in found)
    assert changes.lost == 0


def test_nothing_is_left_behind(changes: StateChanges) -> None:
    folder = os.open("instances", os.O_RDONLY, dir_fd=changes._root)
    try:
        assert changes._name in os.listdir(folder)  # noqa: PTH208
        changes.close()
        assert changes._name not in os.listdir(folder)  # noqa: PTH208
        changes.close()
    finally:
        os.close(folder)


def test_what_killed_runs_left_is_removed(tmp_path: pathlib.Path) -> None:
    for name in ("estab-4194305-0", f"estab-{os.getpid()}-9", "somebody", "estab-x"):
        (tmp_path / "instances" / name).mkdir(parents=True)
    root = os.open(tmp_path, os.O_RDONLY)
    try:
        state_changes._remove_stale(root)
    finally:
        os.close(root)
    assert sorted(path.name for path in (tmp_path / "instances").iterdir()) == [f"estab-{os.getpid()}-9", "estab-x", "somebody"]


def test_lost_ones_are_counted_and_cut_lines_are_put_together(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_changes, "_tracing_folder", lambda: os.open(tmp_path, os.O_RDONLY))
    event = tmp_path / "instances"
    event.mkdir()

    mkdir = os.mkdir

    def make(path: str, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        if dir_fd is None:
            mkdir(path, mode)
            return
        folder = tmp_path / path / "events/sock/inet_sock_set_state"
        folder.mkdir(parents=True)
        for name in ("filter", "enable"):
            (folder / name).write_bytes(b"")
        (tmp_path / path / "trace_clock").write_bytes(b"")
        os.mkfifo(tmp_path / path / "trace_pipe")

    monkeypatch.setattr(os, "mkdir", make)
    with StateChanges() as made:
        writer = os.open(tmp_path / "instances" / made._name / "trace_pipe", os.O_WRONLY)
        os.write(writer, f"CPU:0 [LOST 7 EVENTS]\n{LISTEN}\n{LISTEN[:60]}".encode())
        assert len(made.read()) == 1 and made.lost == 7
        os.write(writer, f"{LISTEN[60:]}\n".encode())
        assert len(made.read(wait_s=1)) == 1
        os.close(writer)
        assert (tmp_path / "instances" / made._name / "events/sock/inet_sock_set_state/filter").read_text() == "protocol == 6"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become an ordinary user")
def test_an_ordinary_user_is_told_what_is_needed() -> None:
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        try:
            StateChanges()
        except PermissionNeeded as problem:
            os._exit(7 if problem.capability == "CAP_SYS_ADMIN" else 8)
        os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
