"""Hosts that are busy and well: nothing of what they do is a fault, and nothing is reported as one."""

from __future__ import annotations

import json
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from estab.machine.states import State
from tests.provoke.laboratory import Host, Laboratory, Seen
from tests.provoke.programs import OPEN_FILES, Program, needs, wait_for, web_server

HELD = 5_000
IN_USE = 500

HOLD = """import resource
resource.setrlimit(resource.RLIMIT_NOFILE, ({files}, {files}))
held = []
for _ in range({count}):
    held.append(dial({address!r}))
    held[-1].send(b'GET / HTTP/1.1\\r\\nHost: here\\r\\n\\r\\n')
    if len(held) % 100 == 0:
        for one in held[-100:]:
            while not one.recv(65536).endswith(b'hello\\n'):
                pass
len(held)
"""


class Busy:
    """What runs beside a diagnosis."""

    def __init__(self) -> None:
        self.programs: list[Program] = []

    def start(self, host: Host, *command: str) -> Program:
        """Another program."""
        self.programs.append(Program(host, *command))
        return self.programs[-1]

    def serve(self, host: Host, folder: pathlib.Path) -> Program:
        """A web server."""
        self.programs.append(web_server(host, folder))
        return self.programs[-1]


@pytest.fixture
def busy(lab: Laboratory) -> Iterator[Busy]:
    """Programs that end with the test."""
    del lab
    made = Busy()
    try:
        yield made
    finally:
        for program in made.programs:
            program.end()


def hold(client: Host, address: str, count: int = HELD) -> None:
    """Idle keep-alive connections, each of which has had its answer."""
    assert client.do(HOLD.format(files=OPEN_FILES, count=count, address=address)) == count


def command_line(host: Host) -> dict[str, object]:
    """What `estab diagnose --json` says of a host."""
    command = [sys.executable, "-m", "estab", "diagnose", "--json", "--for", "2s", "--pid", str(host.pid), "--fail-on", "warning"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, object] = json.loads(done.stdout)
    return told


def load(busy: Busy, client: Host, address: str, *more: str) -> Program:
    """wrk, when it has begun; it goes on until it is stopped."""
    made = busy.start(client, "wrk", "-t2", f"-c{IN_USE}", "-d60s", *more, f"http://{address}/")
    time.sleep(1.0)
    return made


def answers(load: Program) -> int:
    """Stops wrk; how many requests were answered."""
    load.signal(signal.SIGINT)
    return int(load.finish(20).split(" requests in ")[0].split()[-1])


def well(seen: Seen) -> None:
    """No warning and nothing worse, and no note of a loss or of a wait that was none."""
    seen.quiet()
    assert not {code for code in seen.codes() if code.startswith(("loss.", "half_open.", "flow.", "latency."))}, seen.told()


# --- a web server with 5,000 keep-alive connections, and 500 in use -------------------------------------------------------------------


def test_a_busy_web_server_and_its_clients_on_loopback(lab: Laboratory, busy: Busy, tmp_path: pathlib.Path) -> None:
    needs("nginx", "wrk", "setpriv", "unshare", "ss")
    host = lab.host("holder")
    busy.serve(host, tmp_path)
    hold(host, "127.0.0.1")
    wrk = load(busy, host, "127.0.0.1")
    seen = host.diagnosed(2.0)
    assert command_line(host)
    assert answers(wrk) > IN_USE
    assert len(seen.facts.after.sockets) > 2 * HELD
    well(seen)


def test_a_busy_web_server_and_its_clients_over_a_link(lab: Laboratory, busy: Busy, tmp_path: pathlib.Path) -> None:
    needs("nginx", "wrk", "setpriv", "unshare", "ss")
    client, server = lab.linked()
    busy.serve(server, tmp_path)
    hold(client, server.address)
    wrk = load(busy, client, server.address)
    at_server, at_client = server.diagnosed(1.5), client.diagnosed(1.5)
    assert answers(wrk) > IN_USE
    well(at_server)
    well(at_client)


# --- others ---------------------------------------------------------------------------------------------------------------------------


def test_many_short_connections(lab: Laboratory, busy: Busy, tmp_path: pathlib.Path) -> None:
    """Hundreds of TIME-WAITs at either side harm nobody."""
    needs("nginx", "curl", "setpriv", "unshare", "ss")
    client, server = lab.linked()
    busy.serve(server, tmp_path)
    loop = f"while curl -s -o {tmp_path}/got http://{server.address}/; do :; done"
    busy.start(client, "sh", "-c", loop)
    asking = f"while curl -s -o {tmp_path}/got2 -H 'Connection: close' http://{server.address}/; do :; done"
    busy.start(client, "sh", "-c", asking)
    time.sleep(2.0)
    at_client, at_server = client.diagnosed(1.5), server.diagnosed(1.5)
    for seen in (at_client, at_server):
        assert int((seen.facts.after.sockets["state"] == State.TIME_WAIT).sum()) > 20
        well(seen)


def test_a_server_that_closes_each_connection_under_load(lab: Laboratory, busy: Busy, tmp_path: pathlib.Path) -> None:
    needs("nginx", "wrk", "setpriv", "unshare", "ss")
    client, server = lab.linked()
    busy.serve(server, tmp_path)
    wrk = load(busy, client, server.address, "-H", "Connection: close")
    at_server, at_client = server.diagnosed(1.5), client.diagnosed(1.5)
    assert answers(wrk) > IN_USE
    assert int((at_server.facts.after.sockets["state"] == State.TIME_WAIT).sum()) > 1000
    well(at_server)
    well(at_client)


CLOSE_WITH_THE_SERVER = """import select
end = time.monotonic() + {seconds}
while time.monotonic() < end:
    for one in select.select(held, [], [], .05)[0]:
        if not one.recv(65536):
            held.remove(one)
            one.close()
len(held)
"""


def test_a_server_that_restarts_in_order(lab: Laboratory, busy: Busy, tmp_path: pathlib.Path) -> None:
    """The old workers close what is idle and finish what is asked for; clients close with them and come again."""
    needs("nginx", "curl", "setpriv", "unshare", "ss")
    client, server = lab.linked()
    nginx = busy.serve(server, tmp_path)
    busy.start(client, "sh", "-c", f"while curl -s -o {tmp_path}/got http://{server.address}/; do :; done")
    for host in (server, client):
        hold(client, server.address, 200)
        client.begin(CLOSE_WITH_THE_SERVER.format(seconds=2.5))
        seen = host.diagnosed(2.0, lambda: nginx.signal(signal.SIGHUP))
        assert client.finish() == 0
        well(seen)


def test_a_bulk_transfer(lab: Laboratory, busy: Busy) -> None:
    needs("iperf3", "setpriv", "unshare", "ss")
    client, server = lab.linked()
    busy.start(server, "iperf3", "-s")
    wait_for(lambda: ":5201 " in server.run("ss", "-tln"))
    busy.start(client, "iperf3", "-c", server.address, "-t", "30", "-P", "2")
    time.sleep(1.5)
    client.diagnosed(1.5).quiet()
    server.diagnosed(1.5).quiet()


def test_a_bulk_transfer_on_loopback(lab: Laboratory, busy: Busy) -> None:
    needs("iperf3", "setpriv", "unshare", "ss")
    host = lab.host("host")
    busy.start(host, "iperf3", "-s")
    wait_for(lambda: ":5201 " in host.run("ss", "-tln"))
    busy.start(host, "iperf3", "-c", "127.0.0.1", "-t", "30", "--bidir")
    time.sleep(1.5)
    host.diagnosed(1.5).quiet()


def test_a_remote_login_that_idles(lab: Laboratory) -> None:
    """A keystroke now and then, and keep-alive that has never had to be sent."""
    client, server = lab.linked()
    server.do("l = listen(22)")
    client.do(f"made = dial({server.address!r}, 22, (1, 9, 1), (6, 1, 1))")
    server.do("kept = l.accept()[0]")
    typed = "made.send(b'k' * 36)"
    for _ in range(3):
        client.do(typed)
        server.do("kept.send(kept.recv(99))")
        client.do("made.recv(99)")
    well(client.diagnosed(1.5))
    well(server.diagnosed(1.5, lambda: (client.do(typed), server.do("kept.send(kept.recv(99))"), client.do("made.recv(99)"))))
