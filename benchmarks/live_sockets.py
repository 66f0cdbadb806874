"""This host's sockets as a table, beside ss, in one run: up to 200,000 of them in a private network namespace.

    python -m benchmarks.live_sockets [--sockets N] [--time-waits N] [--repeat N] [--no-owners]

Needs root (or CAP_NET_ADMIN and CAP_SYS_ADMIN) for the namespace, which ends with the run.  One process holds as many sockets as its
limit of open files allows, so there are several.  Half of the connections use IPv6, one in ten is half closed, one in ten has unread
data.  `table` is a new process that reads the sockets into an array and ends, `read_sockets()` the call alone, the first of its
process; `table, owners` also finds the processes of all.  Prints Markdown; ratios are taken within each round.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import fcntl
import os
import resource
import shutil
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator, Sequence

from benchmarks.compare import spread
from benchmarks.measure import Cost, run
from estab.live.sock_diag import read_sockets

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
IFF_UP = 1
SPARE_FILES = 200
READ = "from estab.live.sock_diag import read_sockets; raise SystemExit(len(read_sockets()) < {least})"
READ_OWNERS = (
    "from estab.live.host import Owners, take_snapshot; taken = take_snapshot(owners=Owners.ALL);"
    "raise SystemExit(len(taken.owners) < {least})"
)


def private_network() -> None:
    """Moves this process into a new network namespace with loopback."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise SystemExit(f"no private network namespace: {os.strerror(ctypes.get_errno())}")
    with socket.socket() as asked:
        fcntl.ioctl(asked, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))


def make(connections: int, number: int, ready: int) -> None:
    """A process's connections, both ends; waits until it is ended."""
    six = number % 2 == 1
    address = "::1" if six else f"127.0.1.{number + 1}"
    listener = socket.create_server((address, 8000 + number), family=socket.AF_INET6 if six else socket.AF_INET, backlog=1000)
    kept = [listener]
    for turn in range(connections):
        client = socket.create_connection(listener.getsockname()[:2])
        server = listener.accept()[0]
        if turn % 10 == 3:
            client.shutdown(socket.SHUT_WR)
        elif turn % 10 == 7:
            client.send(b"unread" * 20)
        kept += [client, server]
    os.write(ready, b"x")
    signal.pause()


def leave_waiting(count: int) -> None:
    """So many connections that end in TIME-WAIT."""
    with socket.create_server(("127.0.2.1", 9000), backlog=1000) as listener:
        for _ in range(count):
            client = socket.create_connection(listener.getsockname())
            server = listener.accept()[0]
            client.close()
            server.close()


@contextlib.contextmanager
def crowd(sockets: int, time_waits: int) -> Iterator[int]:
    """The sockets, held by processes of their own that end with the block; gives their number."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    each = (min(limit, 60_000) - SPARE_FILES) // 2
    wanted, ready, made = sockets // 2, os.pipe(), 0
    children: list[int] = []
    try:
        while made < wanted:
            part = min(each, wanted - made, 25_000)
            child = os.fork()
            if child == 0:
                with contextlib.suppress(KeyboardInterrupt):
                    make(part, len(children), ready[1])
                os._exit(1)
            children.append(child)
            made += part
        for _ in children:
            os.read(ready[0], 1)
        leave_waiting(time_waits)
        yield 2 * made + time_waits + len(children)
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def call_alone() -> Cost:
    """What the call costs in a process that has everything imported and has read nothing yet."""
    answer = os.pipe()
    child = os.fork()
    if child == 0:
        began = time.monotonic()
        count = len(read_sockets())
        os.write(answer[1], f"{time.monotonic() - began} {count}".encode())
        os._exit(0)
    wall_s, _ = os.read(answer[0], 100).split()
    _, status, usage = os.wait4(child, 0)
    return Cost(float(wall_s), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, 0.0, None, status)


def rounds(programs: dict[str, list[str] | None], repeat: int) -> dict[str, list[Cost]]:
    """Costs of each program, one for each round; None stands for the call alone."""
    costs: dict[str, list[Cost]] = {name: [] for name in programs}
    for turn in range(repeat):
        for name, command in programs.items():
            cost = call_alone() if command is None else run(command)
            if cost.status:
                raise SystemExit(f"{name} ended with status {cost.status}")
            costs[name].append(cost)
            print(f"round {turn + 1} {name}: {cost.wall_s:.2f} s", file=sys.stderr)
    return costs


def table(costs: dict[str, list[Cost]], base: str) -> str:
    """The Markdown table; `part` is the time as a part of the base's."""
    lines = ["| program | wall s | part of " + base + " | processor s | resident MB |", "| --- | --- | --- | --- | --- |"]
    for name, runs in costs.items():
        parts = [cost.wall_s / other.wall_s for cost, other in zip(runs, costs[base], strict=True)]
        cells = [
            spread([cost.wall_s for cost in runs]),
            spread(parts, 3),
            spread([cost.cpu_s for cost in runs]),
            spread([cost.resident_mb for cost in runs], 0),
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("-n", "--sockets", type=int, default=200_000)
    ask.add_argument("--time-waits", type=int, default=0)
    ask.add_argument("--repeat", type=int, default=5)
    ask.add_argument("--owner-rounds", type=int, default=1, help="ss takes half a minute for each")
    ask.add_argument("--no-owners", action="store_true")
    given = ask.parse_args(arguments)
    if shutil.which("ss") is None:
        raise SystemExit("ss is not installed")
    private_network()
    estab = [sys.executable, "-m", "estab", "sockets"]
    with crowd(given.sockets, given.time_waits) as count:
        print(f"{count:,} sockets\n")
        read = [sys.executable, "-c", READ.format(least=given.sockets)]
        plain = {"ss -tani": ["ss", "-tani"], "read_sockets()": None, "table": read, "estab sockets": estab}
        print(table(rounds(plain, given.repeat), "ss -tani"), flush=True)
        if not given.no_owners:
            read = [sys.executable, "-c", READ_OWNERS.format(least=given.sockets)]
            owned: dict[str, list[str] | None] = {
                "ss -tanpie": ["ss", "-tanpie"],
                "table, owners": read,
                "estab sockets --owners": [*estab, "--owners"],
            }
            print("\n" + table(rounds(owned, given.owner_rounds), "ss -tanpie"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
