"""The engine talks to a real kernel over a TUN device, each as client and as server."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import socket
from collections.abc import Iterator

import pytest

from estab.chance import Chance
from estab.engine.socket_options import CallError, SocketOption
from estab.engine.sockets import Flag, Socket
from estab.knobs.declare import Profile
from estab.knobs.values import KnobValues, profile_values
from estab.machine.states import State
from estab.wire.segment import SYN, Packet
from tests.interop.namespaces import missing
from tests.interop.tunnel import ENGINE, KERNEL, Tunnel, has_tun, tunnel

REASON = missing() or ("" if has_tun() else "no /dev/net/tun")
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON or "namespaces can be made")

LINUX = profile_values(Profile.LINUX)
NUMBERS = itertools.count()
TEXT = bytes(Chance(7).bytes(1 << 20))
MSG_FASTOPEN = 0x20000000


@contextlib.contextmanager
def between(knobs: KnobValues = LINUX) -> Iterator[Tunnel]:
    with tunnel(knobs, number=next(NUMBERS)) as made:
        yield made


def engine_listener(world: Tunnel, port: int = 80, backlog: int = 16) -> Socket:
    listener = world.stack.socket()
    listener.setsockopt(SocketOption.FASTOPEN, 5, world.now_ns)
    listener.bind("0.0.0.0", port)
    listener.listen(backlog, world.now_ns)
    return listener


def kernel_listener(world: Tunnel, port: int = 80, backlog: int = 16) -> socket.socket:
    listener = world.kernel_socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 5)
    listener.bind((KERNEL, port))
    listener.listen(backlog)
    return listener


def kernel_connects(world: Tunnel, port: int = 80) -> socket.socket:
    client = world.kernel_socket()
    assert client.connect_ex((ENGINE, port)) == errno.EINPROGRESS
    return client


def engine_connects(world: Tunnel, port: int = 80) -> Socket:
    client = world.stack.socket()
    with pytest.raises(CallError):
        client.connect(KERNEL, port, world.now_ns)
    return client


def pair(world: Tunnel, *, kernel_opens: bool) -> tuple[socket.socket, Socket]:
    """A connection: the kernel's end and the engine's."""
    if kernel_opens:
        listener = engine_listener(world)
        kernel = kernel_connects(world)
        world.pump(lambda: listener.listener is not None and bool(listener.listener.accept_queue))
        return kernel, listener.accept(world.now_ns)
    other = kernel_listener(world)
    engine = engine_connects(world)
    world.pump(lambda: engine.state is State.ESTABLISHED)
    kernel, _ = other.accept()
    kernel.setblocking(False)
    world._open.append(kernel)
    return kernel, engine


def exchange(world: Tunnel, kernel: socket.socket, engine: Socket, text: bytes = TEXT) -> None:
    """The whole text goes both ways at once, and each end closes when it has said all."""
    sent = {"kernel": 0, "engine": 0}
    got = {"kernel": bytearray(), "engine": bytearray()}

    def work() -> bool:
        if sent["kernel"] < len(text):
            with contextlib.suppress(BlockingIOError):
                sent["kernel"] += kernel.send(text[sent["kernel"] :])
        with contextlib.suppress(BlockingIOError):
            got["kernel"] += kernel.recv(1 << 20)
        if sent["engine"] < len(text):
            with contextlib.suppress(CallError):
                sent["engine"] += engine.send(text[sent["engine"] :], world.now_ns)
        with contextlib.suppress(CallError):
            got["engine"] += engine.recv(1 << 20, world.now_ns)
        return len(got["kernel"]) == len(text) == len(got["engine"])

    world.pump(work)
    wanted = hashlib.sha256(text).digest()
    assert hashlib.sha256(got["kernel"]).digest() == wanted == hashlib.sha256(got["engine"]).digest()


@pytest.mark.parametrize("kernel_opens", [True, False])
def test_a_megabyte_each_way_at_once_and_nothing_is_lost(kernel_opens: bool) -> None:
    with between() as world:
        kernel, engine = pair(world, kernel_opens=kernel_opens)
        exchange(world, kernel, engine)
        assert engine.entry is not None and engine.entry.connection.agreed is not None
        agreed = engine.entry.connection.agreed
        assert agreed.timestamps and agreed.sack and agreed.window_scaling and agreed.peer_mss_bytes == 1460
        # A slow machine may draw a tail loss probe, yet neither end saw a loss or refused a segment.
        for name in ("TcpExt.TCPFastRetrans", "TcpExt.TCPSackRecovery", "Tcp.InErrs", "Tcp.OutRsts", "TcpExt.PAWSEstab"):
            assert world.kernel_counters()[name] == 0 == world.stack.counters[name], name


@pytest.mark.parametrize("kernel_opens", [True, False])
def test_a_lossy_path_loses_nothing(kernel_opens: bool) -> None:
    chance = Chance(3)
    with between() as world:
        kernel, engine = pair(world, kernel_opens=kernel_opens)
        world.passes = lambda _: chance.below(100) >= 3
        exchange(world, kernel, engine, TEXT[: 1 << 18])
        assert world.stack.counters["Tcp.RetransSegs"] > 0 < world.kernel_counters()["Tcp.RetransSegs"]


@pytest.mark.parametrize("engine_closes_first", [True, False])
def test_who_closes_first_waits(engine_closes_first: bool) -> None:
    with between() as world:
        kernel, engine = pair(world, kernel_opens=True)
        ends = [lambda: engine.close(world.now_ns), kernel.close]
        for close in ends if engine_closes_first else ends[::-1]:
            close()
            world.idle(0.1)
        waiting = [one.state for one in world.stack.sockets(world.now_ns) if one.state is not State.LISTEN]
        assert waiting == ([State.TIME_WAIT] if engine_closes_first else [])
        assert world.kernel_counters()["TcpExt.TW"] == (0 if engine_closes_first else 1)


def test_the_kernel_reconnects_from_the_same_port_into_the_engines_time_wait() -> None:
    with between() as world:
        listener = engine_listener(world)
        for _ in range(2):
            client = world.kernel_socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            client.bind((KERNEL, 50_000))
            assert client.connect_ex((ENGINE, 80)) == errno.EINPROGRESS
            world.pump(lambda: listener.listener is not None and bool(listener.listener.accept_queue), seconds=3)
            accepted = listener.accept(world.now_ns)
            accepted.close(world.now_ns)
            world.idle(0.1)
            client.close()
            world.idle(0.1)
        assert world.stack.counters["TcpExt.TW"] == 2


def test_refusals_go_both_ways() -> None:
    with between() as world:
        kernel, engine = kernel_connects(world, 81), engine_connects(world, 81)
        world.idle(0.2)
        assert kernel.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED
        assert engine.getsockopt(SocketOption.ERROR, world.now_ns) == errno.ECONNREFUSED
        assert world.stack.counters["Tcp.OutRsts"] == 1 == world.kernel_counters()["Tcp.OutRsts"]


def test_resets_go_both_ways() -> None:
    for engine_resets in (True, False):
        with between() as world:
            kernel, engine = pair(world, kernel_opens=True)
            if engine_resets:
                engine.setsockopt(SocketOption.LINGER, (1, 0), world.now_ns)
                engine.close(world.now_ns)
                world.idle(0.2)
                with pytest.raises(ConnectionResetError):
                    kernel.recv(1)
            else:
                kernel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                kernel.close()
                world.idle(0.2)
                with pytest.raises(CallError) as caught:
                    engine.recv(1, world.now_ns)
                assert caught.value.errno == errno.ECONNRESET


@pytest.mark.parametrize("timestamps", [1, 0])
def test_cookies_of_the_engine_carry_a_kernels_connection(timestamps: int) -> None:
    with between(LINUX.but(tcp_syncookies=2)) as world:
        world.sysctl(tcp_timestamps=timestamps)
        kernel, engine = pair(world, kernel_opens=True)
        exchange(world, kernel, engine, TEXT[:100_000])
        assert world.stack.counters["TcpExt.SyncookiesRecv"] == 1
        assert engine.entry is not None and engine.entry.connection.agreed is not None
        assert engine.entry.connection.agreed.window_scaling is bool(timestamps)


def test_cookies_of_the_kernel_carry_the_engines_connection() -> None:
    with between() as world:
        world.sysctl(tcp_syncookies=2)
        kernel, engine = pair(world, kernel_opens=False)
        exchange(world, kernel, engine, TEXT[:100_000])
        assert world.kernel_counters()["TcpExt.SyncookiesRecv"] == 1


def test_a_full_accept_queue_of_the_engine_looks_to_a_kernel_as_one_of_its_own_does() -> None:
    with between() as world:
        engine_listener(world, backlog=1)
        clients = [kernel_connects(world) for _ in range(2)]
        world.idle(0.1)
        clients.append(kernel_connects(world))  # the queue is full: its SYN is dropped
        world.idle(1.6)
        counters = world.stack.counters
        assert (counters["TcpExt.ListenOverflows"], counters["TcpExt.ListenDrops"], counters["Tcp.PassiveOpens"]) == (2, 2, 2)
        assert world.kernel_counters()["TcpExt.TCPSynRetrans"] == 1


def test_a_syn_ack_that_comes_again_is_challenged_by_both_alike() -> None:
    """The ACK that completes a handshake is lost once; the other end repeats its SYN-ACK, which meets an established connection."""
    for kernel_opens in (True, False):
        with between() as world:
            answers = itertools.count()
            opener = KERNEL if kernel_opens else ENGINE

            def passes(packet: Packet, answers: Iterator[int] = answers, opener: str = opener) -> bool:
                return packet.source != opener or bool(packet.segment.flags & SYN) or next(answers) > 0

            world.passes = passes
            if kernel_opens:
                engine_listener(world)
                kernel_connects(world)
            else:
                kernel_listener(world)
                engine_connects(world)
            world.idle(1.3)
            ends = [world.kernel_counters(), world.stack.counters]
            client, server = ends if kernel_opens else ends[::-1]
            assert (client["TcpExt.TCPChallengeACK"], client["TcpExt.TCPSYNChallenge"], client["Tcp.InErrs"]) == (1, 1, 1)
            assert (server["TcpExt.TCPSynRetrans"], server["TcpExt.TCPTimeouts"], server["Tcp.PassiveOpens"]) == (1, 1, 1)


def test_fast_open_goes_both_ways() -> None:
    with between(LINUX.but(tcp_fastopen=3)) as world:
        world.sysctl(tcp_fastopen=3)
        listener = engine_listener(world)
        for text in (b"first", b"second"):
            client = world.kernel_socket()
            with contextlib.suppress(BlockingIOError):
                client.sendto(text, MSG_FASTOPEN, (ENGINE, 80))
            world.idle(0.1)
            if text == b"first":
                client.send(text)
            world.pump(lambda: listener.listener is not None and bool(listener.listener.accept_queue))
            accepted = listener.accept(world.now_ns)
            world.pump(lambda accepted=accepted: accepted.input_queue_bytes > 0)  # type: ignore[misc]
            assert accepted.recv(100, world.now_ns) == text
            accepted.close(world.now_ns)
            client.close()
            world.idle(0.05)
        assert world.stack.counters["TcpExt.TCPFastOpenPassive"] == 1
        assert world.kernel_counters()["TcpExt.TCPFastOpenActive"] == 1
        other = kernel_listener(world, 81)
        for text in (b"third", b"fourth"):
            engine = world.stack.socket()
            with contextlib.suppress(CallError):
                engine.send(text, world.now_ns, Flag.FASTOPEN, to=(KERNEL, 81))
            world.idle(0.1)
            if text == b"third":
                engine.send(text, world.now_ns)
                world.idle(0.1)
            accepted_kernel, _ = other.accept()
            with accepted_kernel:
                assert accepted_kernel.recv(100) == text
                engine.close(world.now_ns)
                world.idle(0.05)
        assert world.stack.counters["TcpExt.TCPFastOpenActive"] == 1
        assert world.kernel_counters()["TcpExt.TCPFastOpenPassive"] == 1
