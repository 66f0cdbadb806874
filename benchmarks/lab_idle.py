"""Idle connections: what one takes, and what very many cost from their opening to their end.

    python -m benchmarks.lab_idle [CONNECTIONS]

First so many connections (100,000) of the lab: opened, idle with keepalive for two virtual hours, closed, in one run; the memory there is
the growth of the process, and holds the lab's programs and descriptors too.  Then the memory of one end by the interpreter's own account
(tracemalloc) over 10,000 connections of two bare stacks: with its socket and its places in all tables, after a word each way.  Status 1
where an end takes more than 3 KiB, or where a connection is left over.  More than one address makes room for more connections than ports.
"""

from __future__ import annotations

import argparse
import gc
import resource
import sys
import time
import tracemalloc
from collections.abc import Sequence

from estab.chance import Chance
from estab.engine.socket_options import CallError
from estab.engine.sockets import Socket
from estab.engine.stack import Stack
from estab.instant import SECOND_NS
from estab.knobs.declare import Profile
from estab.knobs.values import profile_values
from estab.lab.process import Process
from estab.lab.sockets import Conn
from estab.lab.world import World

CLIENT, SERVER = "10.0.0.1", "10.1.0.1"
PORTS_OF_A_PAIR = 25_000
AT_ONCE = 200
"""Connections opened between two pauses."""
MEASURED = 10_000
BOUND_BYTES = 3 * 1024


class Wire:
    """Two stacks, each handed at once what the other sends."""

    def __init__(self) -> None:
        knobs, chance = profile_values(Profile.LINUX).but(somaxconn=65_535, ip_local_port_range=(1024, 65_535)), Chance(1)
        self.now_ns = 1000 * SECOND_NS
        self.client = Stack([CLIENT], knobs=knobs, chance=chance.child("client"), now_ns=self.now_ns, watched=False)
        self.server = Stack([SERVER], knobs=knobs, chance=chance.child("server"), now_ns=self.now_ns, watched=False)
        self.listener = self.server.socket()
        self.listener.bind(SERVER, 80)
        self.listener.listen(65_535, self.now_ns)

    def exchange(self, seconds: float = 0.05) -> None:
        """Lets everything arrive, and what is due then happen."""
        end_ns = self.now_ns + round(seconds * SECOND_NS)
        stacks = (self.client, self.server)
        while True:
            for one, other in (stacks, stacks[::-1]):
                while (packet := one.poll_transmit(self.now_ns)) is not None:
                    other.handle_packet(packet, self.now_ns)
            if self.client.host.ready or self.server.host.ready:
                continue
            due = [when for stack in stacks if (when := stack.poll_deadline()) is not None and when <= end_ns]
            if not due:
                break
            self.now_ns = max(self.now_ns, min(due))
            for stack in stacks:
                stack.handle_deadline(self.now_ns)
        self.now_ns = end_ns

    def opened(self) -> tuple[Socket, Socket]:
        """A connection over which a word has gone each way."""
        near = self.client.socket()
        try:
            near.connect(SERVER, 80, self.now_ns)
        except CallError:
            self.exchange(0.001)
        far = self.listener.accept(self.now_ns)
        for sender, receiver in ((near, far), (far, near)):
            sender.send(bytes(300), self.now_ns)
            self.exchange(0.001)
            assert len(receiver.recv(1000, self.now_ns)) == 300
            self.exchange()
        return near, far


def bytes_of_an_end(connections: int) -> float:
    """Memory of one end of a connection that has been used and is idle."""
    wire = Wire()
    kept = [wire.opened() for _ in range(20)]  # whatever is made once
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        kept += [wire.opened() for _ in range(connections)]
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return (after - before) / connections / 2


def addresses_for(connections: int) -> int:
    """Addresses of the client that are needed."""
    return -(-connections // PORTS_OF_A_PAIR)


async def server(host: Process, kept: list[Conn]) -> None:
    """Accepts; one process holds all of them."""
    listener = host.listen(80, backlog=4096, keepalive=1)
    while True:
        kept.append(await listener.accept())


async def client(host: Process, source: str, count: int, kept: list[Conn]) -> None:
    """Opens so many connections from one address."""
    for number in range(count):
        kept.append(await host.connect(SERVER, 80, source=source, keepalive=1))
        if number % AT_ONCE == AT_ONCE - 1:
            await host.sleep("1ms")


def two_hours(connections: int) -> int:
    """Opens, waits, closes, and prints what it cost; gives the sockets that are left over."""
    sources = [f"10.0.{number}.1" for number in range(addresses_for(connections))]
    world = World(seed=1)
    limits = {"nofile": 10_000_000, "somaxconn": 4096, "tcp_max_tw_buckets": 1_000_000, "tcp_max_orphans": 1_000_000}
    one = world.host("client", *sources, ip_local_port_range="1024 65535", **limits)
    other = world.host("server", SERVER, **limits)
    world.link(one, other, delay="1ms")
    opened: list[Conn] = []
    accepted: list[Conn] = []
    before_mb = resident_mb()
    began = time.process_time()
    other.run(server, accepted)
    for number, source in enumerate(sources):
        share = connections // len(sources) + (number < connections % len(sources))
        one.run(client, source, share, opened)
    world.run_until(lambda: len(accepted) == connections)
    connected, held_mb = time.process_time(), resident_mb() - before_mb
    world.run_for("2h")
    idle = time.process_time()
    probes = one.counter("TcpExt.TCPKeepAlive") + other.counter("TcpExt.TCPKeepAlive")
    for conn in (*opened, *accepted):
        conn.close()
    world.run_for("3min")
    closed = time.process_time()
    left = len(one.sockets()) + len(other.sockets()) - 1
    print(
        f"{connections:,} connections opened in {connected - began:.1f} s, {held_mb * 1024 / (2 * connections):.1f} KiB an end in the lab"
    )
    print(f"two virtual hours in {idle - connected:.1f} s, {probes:,} keepalive probes")
    print(f"closed in {closed - idle:.1f} s, {left} left; {closed - began:.1f} s in all, {resident_mb():.0f} MB")
    return left


def resident_mb() -> float:
    """The most memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("connections", nargs="?", type=int, default=100_000, help="(100,000)")
    given = ask.parse_args(arguments)
    left = two_hours(given.connections)
    size = bytes_of_an_end(MEASURED)
    print(f"an idle end takes {size:,.0f} bytes, {size / BOUND_BYTES:.3f} of 3 KiB")
    return int(left != 0 or size > BOUND_BYTES)


if __name__ == "__main__":
    sys.exit(main())
