"""The live readings against the kernel in namespaces of their own, with ss, ip and tc as witnesses."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from estab.live.host import Owners, take_snapshot
from estab.live.namespaces import call_inside, named_namespace, namespace_of_process
from estab.live.settings import read_setting, write_setting
from estab.live.sock_diag import read_sockets
from estab.machine.states import State
from estab.snapshot import SocketSnapshot, TimerKind
from estab.snapshot_table import socket_row
from tests.interop.namespaces import STATES, Pair, missing, pair, run

WHY_NOT = missing()
pytestmark = [pytest.mark.peer, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]


@pytest.fixture
def hosts(tmp_path: pathlib.Path) -> Iterator[Pair]:
    with pair(tmp_path) as both:
        yield both


def rows(name: str) -> list[SocketSnapshot]:
    table = call_inside(named_namespace(name), read_sockets)
    return [socket_row(table, row) for row in range(len(table))]


def witness(name: str) -> dict[tuple[str, str, str], tuple[str, str]]:
    """State and queues by both ends, as ss tells them."""
    found = {}
    for line in run("ip", "netns", "exec", name, "ss", "-tanH").splitlines():
        state, received, sent, local, remote = line.split()[:5]
        found[STATES[state], local, remote] = (received, sent)
    return found


def told(found: list[SocketSnapshot]) -> dict[tuple[str, str, str], tuple[str, str]]:
    def spelled(address: str, port: int) -> str:
        return f"{'[' * (':' in address)}{address}{']' * (':' in address)}:{port or '*'}"

    return {
        (row.state.label, spelled(row.local.address, row.local.port), spelled(row.remote.address, row.remote.port)): (
            str(row.recv_queue),
            str(row.send_queue),
        )
        for row in found
    }


def every_state(hosts: Pair) -> list[socket.socket]:
    """Connections in nine states at the two hosts; the sockets keep them so."""
    listener = hosts.server.listen(8080, backlog=4)
    kept = [listener]
    kept += hosts.connect(listener)  # ESTABLISHED
    client, server = hosts.connect(listener)
    client.close()  # CLOSE-WAIT here, FIN-WAIT-2 there
    kept.append(server)
    client, server = hosts.connect(listener)
    server.sendall(b"unread")
    client.shutdown(socket.SHUT_WR)  # the same with a process, and unread bytes
    kept += [client, server]
    client, server = hosts.connect(listener)
    client.close()
    server.close()  # TIME-WAIT
    waiting = hosts.client.tcp_socket()
    waiting.connect(listener.getsockname())  # in the accept queue
    kept.append(waiting)
    doomed = [hosts.connect(listener) for _ in range(3)]
    hosts.lose()
    doomed[0][0].close()  # FIN-WAIT-1
    doomed[1][0].sendall(b"x" * 3000)  # retransmits
    kept += [doomed[0][1], *doomed[1], *doomed[2]]
    asking = hosts.client.tcp_socket()
    asking.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        asking.connect(("10.77.0.2", 9999))  # SYN-SENT
    kept.append(asking)
    return kept


def test_states_queues_and_ends_are_those_of_ss(hosts: Pair) -> None:
    kept = every_state(hosts)
    try:
        time.sleep(0.1)
        for host in (hosts.client, hosts.server):
            seen = rows(host.name)
            assert told(seen) == witness(host.name)
            assert len(seen) == len(told(seen))
        states = {row.state for host in (hosts.client, hosts.server) for row in rows(host.name)}
        wanted = {"LISTEN", "ESTABLISHED", "CLOSE-WAIT", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "SYN-SENT"}
        assert {state.label for state in states} >= wanted
    finally:
        for one in kept:
            one.close()


def test_tcp_info_and_timers_are_those_of_ss(hosts: Pair) -> None:
    kept = every_state(hosts)
    try:
        time.sleep(0.5)
        lines = run("ip", "netns", "exec", hosts.client.name, "ss", "-tanoHOim").splitlines()
        by_ends = {(row.local.port, row.remote.port): row for row in rows(hosts.client.name)}
        compared = 0
        for line in lines:
            words = line.split()
            row = by_ends[int(words[3].rsplit(":", 1)[1]), int(words[4].rsplit(":", 1)[1].replace("*", "0"))]
            if row.info is not None and (found := re.search(r" cwnd:(\d+)", line)):
                assert row.info.snd_cwnd_segments == int(found[1])
                for pattern, value in (
                    (r" mss:(\d+)", row.info.snd_mss_bytes),
                    (r" pmtu:(\d+)", row.info.pmtu_bytes),
                    (r" advmss:(\d+)", row.info.advmss_bytes),
                    (r" bytes_sent:(\d+)", row.info.bytes_sent),
                    (r" segs_out:(\d+)", row.info.segs_out),
                    (r" unacked:(\d+)", row.info.unacked_segments),
                    (r" retrans:\d+/(\d+)", row.info.total_retrans),
                    (r" rcv_space:(\d+)", row.info.rcv_space_bytes),
                ):
                    if match := re.search(pattern, line):
                        # A retransmission may fall between the two readings.
                        assert abs(int(match[1]) - value) <= (3000 if "retrans" in line else 0), (pattern, line)
                if scales := re.search(r" wscale:(\d+),(\d+)", line):
                    assert (row.info.snd_wscale, row.info.rcv_wscale) == (int(scales[1]), int(scales[2]))
                if rtt := re.search(r" rtt:([\d.]+)/", line):
                    assert abs(float(rtt[1]) * 1000 - row.info.rtt_us) <= 1
                compared += 1
            if memory := re.search(r"skmem:\(r(\d+),rb(\d+),t(\d+),tb(\d+)", line):
                assert row.memory is not None
                assert (row.memory.rcvbuf_bytes, row.memory.sndbuf_bytes) == (int(memory[2]), int(memory[4]))
            if timer := re.search(r"timer:\((\w+),", line):
                kinds = {
                    "on": TimerKind.RETRANSMIT,
                    "keepalive": TimerKind.KEEPALIVE,
                    "timewait": TimerKind.TIME_WAIT,
                    "persist": TimerKind.PERSIST,
                }
                assert row.timer is kinds[timer[1]]
        assert compared >= 4
    finally:
        for one in kept:
            one.close()


def test_ages_are_least_times(hosts: Pair) -> None:
    """Made, then left alone for a second: no age is longer than the truth, and those that tell something are at least a second."""
    from estab.live.view import View

    began = time.monotonic()
    kept = every_state(hosts)
    try:
        time.sleep(1.2)
        for host in (hosts.client, hosts.server):
            table = call_inside(named_namespace(host.name), read_sockets)
            longest_ms = (time.monotonic() - began) * 1000 + 50
            ages = View(table).age_ms
            assert all(age <= longest_ms for age in ages.tolist())
            for state in (State.TIME_WAIT, State.CLOSE_WAIT, State.ESTABLISHED, State.FIN_WAIT_2):
                chosen = ages[table["state"] == state]
                assert len(chosen) == 0 or chosen.max() >= 1000, state
    finally:
        for one in kept:
            one.close()


def test_a_syn_that_nobody_answers_has_an_age(hosts: Pair) -> None:
    hosts.lose()
    with hosts.client.tcp_socket() as asking:
        asking.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            asking.connect(("10.77.0.2", 8080))
        began = time.monotonic()
        time.sleep(2.3)
        from estab.live.view import View

        table = call_inside(named_namespace(hosts.client.name), read_sockets)
        (age,) = View(table).age_ms.tolist()
        assert 0 < age <= (time.monotonic() - began) * 1000 + 50


def test_half_open_entries_at_a_listener(hosts: Pair) -> None:
    """A SYN whose answer is lost leaves an entry that has neither TCP_INFO nor an owner."""
    listener = hosts.server.listen(8080)
    hosts.lose(to_server=False)
    with hosts.client.tcp_socket() as asking:
        asking.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            asking.connect(("10.77.0.2", 8080))
        time.sleep(0.2)
        found = [row for row in rows(hosts.server.name) if row.state is State.SYN_RECEIVED]
    listener.close()
    assert len(found) == 1 and found[0].info is None and found[0].inode == 0 and found[0].timer is TimerKind.RETRANSMIT


def test_a_snapshot_of_a_namespace_and_its_scope(hosts: Pair) -> None:
    inside = take_snapshot(named_namespace(hosts.client.name))
    outside = take_snapshot()
    assert inside.namespace == pathlib.Path(f"/run/netns/{hosts.client.name}").stat().st_ino != outside.namespace
    assert not inside.is_initial_namespace
    assert {interface.name for interface in inside.interfaces.values()} == {"lo", hosts.client.device}
    assert inside.counters["Tcp.ActiveOpens"] == 0
    assert "tcp_mem" in inside.knobs or "knobs.host" in inside.unseen
    assert namespace_of_process(os.getpid()).inode == outside.namespace


def test_counters_are_the_namespace_s_own(hosts: Pair) -> None:
    listener = hosts.server.listen()
    pairs = [hosts.connect(listener) for _ in range(3)]
    client, server = (take_snapshot(named_namespace(host.name), owners=Owners.NONE).counters for host in (hosts.client, hosts.server))
    assert (client["Tcp.ActiveOpens"], server["Tcp.PassiveOpens"]) == (3, 3)
    assert (client["Sockstat.TCP.inuse"], server["Sockstat.TCP.inuse"]) == (3, 4)
    for one in (listener, *(end for both in pairs for end in both)):
        one.close()


def test_neighbours_that_do_not_answer(hosts: Pair) -> None:
    with hosts.client.tcp_socket() as asking:
        asking.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            asking.connect(("10.77.0.99", 80))
        time.sleep(0.1)
        found = {one.address: one.state for one in take_snapshot(named_namespace(hosts.client.name), owners=Owners.NONE).neighbours}
    assert found["10.77.0.99"] in {"INCOMPLETE", "FAILED"} and found["10.77.0.2"] == "PERMANENT"


def test_what_a_queue_drops_is_what_tc_says(hosts: Pair) -> None:
    name, device = hosts.client.name, hosts.client.device
    done = subprocess.run(
        ["tc", "-n", name, "qdisc", "add", "dev", device, "root", "tbf", "rate", "8kbit", "burst", "1600", "limit", "3000"],
        capture_output=True, text=True, check=False, timeout=10,
    )  # fmt: skip
    if done.returncode != 0:
        pytest.skip(f"tc: {done.stderr.strip()}")
    sender = hosts.client.inside(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    with sender, contextlib.suppress(OSError):
        for _ in range(20):
            sender.sendto(b"x" * 1000, ("10.77.0.2", 9))
    told_by_tc = run("tc", "-s", "-n", name, "qdisc", "show", "dev", device)
    (mine,) = (one for one in take_snapshot(named_namespace(name), owners=Owners.NONE).qdiscs if one.interface == device)
    dropped = re.search(r"dropped (\d+)", told_by_tc)
    assert dropped is not None and mine.kind == "tbf" and mine.dropped == int(dropped[1]) > 0


def test_a_setting_is_written_in_its_namespace_only(hosts: Pair) -> None:
    inside = named_namespace(hosts.client.name)
    before = read_setting("net.ipv4.tcp_fin_timeout")
    call_inside(inside, lambda: write_setting("net.ipv4.tcp_fin_timeout", "17"))
    assert call_inside(inside, lambda: read_setting("net.ipv4.tcp_fin_timeout")) == "17"
    assert read_setting("net.ipv4.tcp_fin_timeout") == before


def test_the_command_in_a_namespace(hosts: Pair) -> None:
    listener = hosts.server.listen(8088, backlog=9)
    command = [sys.executable, "-m", "estab", "sockets", "state == LISTEN", "--owners", "--json", "--netns", hosts.server.name]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    (found,) = json.loads(done.stdout)["sockets"]
    listener.close()
    assert (found["local"], found["send_queue"]) == ({"address": "10.77.0.2", "port": 8088}, 9)
    assert os.getpid() in {owner["pid"] for owner in found["owners"]}


def test_an_ordinary_user_sees_its_own_namespace_and_is_told_the_rest(hosts: Pair) -> None:
    source = (
        "import os, sys\n"
        "from estab.live.host import Owners, take_snapshot; from estab.live.namespaces import named_namespace\n"
        "from estab.errors import PermissionNeeded\n"
        "take_snapshot()  # what is imported late is imported while it may be read\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "taken = take_snapshot(owners=Owners.ALL)\n"
        "print(len(taken.sockets), len(taken.counters) > 100, sorted(taken.unseen))\n"
        "try:\n    take_snapshot(named_namespace(sys.argv[1]))\nexcept PermissionNeeded as problem:\n    print(problem.capability)\n"
    )
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        done = subprocess.run([sys.executable, "-c", source, hosts.client.name], capture_output=True, text=True, check=True, timeout=60)
    first, second = done.stdout.splitlines()
    assert int(first.split()[0]) >= 1 and "True ['owners']" in first and second == "CAP_SYS_ADMIN"
