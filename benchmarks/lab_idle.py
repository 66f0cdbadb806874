"""Idle connections with keepalive for two virtual hours: `python -m benchmarks.lab_idle [CONNECTIONS]`.

Opens so many connections (1,000 without an argument), leaves them idle with keepalive, and closes them all; prints time and memory.
More than one address on either side makes room for more connections than a pair of addresses has ports.
"""

from __future__ import annotations

import resource
import sys
import time

from estab.lab.process import Process
from estab.lab.sockets import Conn
from estab.lab.world import World

PORTS_OF_A_PAIR = 25_000
AT_ONCE = 200
"""Connections opened between two pauses."""


def addresses_for(connections: int) -> int:
    """Addresses of the client that are needed."""
    return -(-connections // PORTS_OF_A_PAIR)


async def server(host: Process, kept: list[Conn]) -> None:
    """Accepts and closes what its peer has closed, without a program for each connection."""
    listener = host.listen(80, backlog=4096, keepalive=1)
    while True:
        kept.append(await listener.accept())


async def client(host: Process, source: str, count: int, kept: list[Conn]) -> None:
    """Opens so many connections from one address."""
    for number in range(count):
        kept.append(await host.connect("10.1.0.1", 80, source=source, keepalive=1))
        if number % AT_ONCE == AT_ONCE - 1:
            await host.sleep("1ms")


def main() -> int:
    """Runs it once and prints what it cost."""
    connections = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    sources = [f"10.0.{number}.1" for number in range(addresses_for(connections))]
    world = World(seed=1)
    limits = {"nofile": 10_000_000, "somaxconn": 4096, "tcp_max_tw_buckets": 1_000_000, "tcp_max_orphans": 1_000_000}
    one = world.host("client", *sources, ip_local_port_range="1024 65535", **limits)
    other = world.host("server", "10.1.0.1", **limits)
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
    connected = time.process_time()
    held_mb = resident_mb() - before_mb
    print(f"{connections} connections opened in {connected - began:.1f} s, {held_mb * 1024 / (2 * connections):.1f} KiB an end")
    world.run_for("2h")
    idle = time.process_time()
    print(f"two virtual hours with keepalive in {idle - connected:.1f} s, {world.clock.packets} packets so far")
    for conn in (*opened, *accepted):
        conn.close()
    world.run_for("3min")
    left = len(one.sockets()) + len(other.sockets())
    closed = time.process_time()
    print(f"closed in {closed - idle:.1f} s, {left} sockets left; {closed - began:.1f} s in all, {resident_mb():.0f} MB")
    return 0 if left == 1 else 1


def resident_mb() -> float:
    """The most memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
