"""Captures made anew on real kernels, and what is found in them: what was done and nothing else, and the states that the kernel has."""

from __future__ import annotations

import contextlib
import pathlib
import socket
import struct
import time
from collections.abc import Iterator

import pytest

import estab
from estab.diagnose.finding import Severity
from tests.interop.namespaces import Pair, missing, pair

REASON = missing()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON or "namespaces can be made")


@pytest.fixture
def hosts(tmp_path: pathlib.Path) -> Iterator[Pair]:
    """Two hosts with a capture at the client."""
    with pair(tmp_path) as both:
        yield both


@pytest.fixture
def kept() -> Iterator[contextlib.ExitStack]:
    """Sockets stay open until the test is over."""
    with contextlib.ExitStack() as stack:
        yield stack


def loud(hosts: Pair) -> list[str]:
    """The codes of warnings and worse in the capture, which ends now."""
    hosts.stop()
    return [finding.code for finding in estab.diagnose(hosts.capture).findings if finding.severity > Severity.INFO]


def dialogue(client: socket.socket, server: socket.socket, rounds: int = 6) -> None:
    for _ in range(rounds):
        client.sendall(b"q" * 50)
        assert server.recv(1000) == b"q" * 50
        server.sendall(b"a" * 200)
        assert client.recv(1000) == b"a" * 200


def test_a_dialogue_joined_in_the_middle_is_open(hosts: Pair, kept: contextlib.ExitStack) -> None:
    """The capture begins when the connection is long open, and ends before it is closed."""
    hosts.stop()
    listener = kept.enter_context(hosts.server.listen())
    client, server = (kept.enter_context(end) for end in hosts.connect(listener))
    dialogue(client, server, 2)
    hosts.start()
    dialogue(client, server)
    hosts.sample()
    assert loud(hosts) == []
    (connection,) = estab.trace(hosts.capture).to_dict()["connections"]
    assert connection["handshake"] == "not seen"
    assert connection["states"] == {"client": ["ESTABLISHED"], "server": ["ESTABLISHED"]}
    assert set(hosts.samples[-1].states.values()) == {"ESTABLISHED"}


def test_a_listener_that_closes_resets_all_that_wait(hosts: Pair, kept: contextlib.ExitStack) -> None:
    listener = hosts.server.listen()
    place = listener.getsockname()
    for _ in range(4):
        client = kept.enter_context(hosts.client.tcp_socket())
        client.connect(place)
        client.sendall(b"q" * 20)
        time.sleep(0.03)
    time.sleep(0.3)
    listener.close()
    time.sleep(0.1)
    with hosts.client.tcp_socket() as late, pytest.raises(ConnectionRefusedError):
        late.connect(place)
    assert sorted(loud(hosts)) == ["handshake.refused", "listen.closed_with_pending"]


def test_an_old_connection_at_the_server_meets_the_new_one(hosts: Pair, kept: contextlib.ExitStack) -> None:
    """The client's RST is lost; its next connection takes the same port: challenge ACK, RST, and the SYN again."""
    listener = kept.enter_context(hosts.server.listen())
    hosts.lose(on=False)
    old, held = hosts.connect(listener)
    kept.enter_context(held)
    dialogue(old, held, 1)
    mine = old.getsockname()
    hosts.lose(to_client=False)
    old.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    old.close()
    time.sleep(0.05)
    hosts.lose(on=False)
    new = kept.enter_context(hosts.client.tcp_socket())
    new.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    new.bind(mine)
    new.connect(listener.getsockname())
    accepted = kept.enter_context(listener.accept()[0])
    dialogue(new, accepted, 1)
    found = loud(hosts)
    assert "timewait.stale_tuple" in found and "rst.injected" not in found
    (*_, connection) = estab.trace(hosts.capture).to_dict()["connections"]
    assert (connection["end"], connection["states"]["client"][-1], connection["states"]["server"][-1]) == (
        "open",
        "ESTABLISHED",
        "ESTABLISHED",
    )


def test_a_fin_scan_is_told(hosts: Pair) -> None:
    """One FIN to each of many ports; the kernel answers RST where nobody listens."""
    raw = hosts.client.inside(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP))
    source, target = (socket.inet_aton(host.address) for host in (hosts.client, hosts.server))
    with raw:
        for port in range(20, 50):
            segment = struct.pack("!HHIIBBHHH", 40_001, port, 7, 0, 5 << 4, 1, 1024, 0, 0)
            words = struct.unpack("!16H", source + target + struct.pack("!HH", socket.IPPROTO_TCP, len(segment)) + segment)
            total = sum(words)
            total = (total & 0xFFFF) + (total >> 16)
            raw.sendto(segment[:16] + struct.pack("!H", ~total & 0xFFFF) + segment[18:], (hosts.server.address, 0))
            time.sleep(0.005)
    assert loud(hosts) == ["attack.port_scan"]
