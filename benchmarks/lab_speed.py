"""How many segments a second the lab simulates on one core, beside the other TCP in Python.

    python -m benchmarks.lab_speed [--bytes N] [--repeat N] [--peer PYTHON]

Both ends of one transfer without losses over a link of 100 Mbit/s and 10 ms round trip: segments (data and acknowledgements) a second of
processor time, and bytes.  Once as scenarios run, packets handed over as values; and once with each packet written to bytes with its
checksums and read back, which is what the other stack has to do for its device.  That one (`benchmarks.pytcp_transfer`) is run with the
interpreter named by --peer (the same by default), and left out where it is not installed there.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks.pytcp_transfer import NOT_INSTALLED
from estab.lab.packets import Datum
from estab.lab.pipe import Pipe
from estab.lab.process import Process
from estab.lab.stage import SERVER, pair
from estab.lab.world import World
from estab.wire import codec
from estab.wire.segment import Packet

READ_BYTES = 1 << 16


class AsBytes:
    """A stage of a link that writes each packet to bytes and reads it back."""

    def take(self, datum: Datum, _pipe: Pipe, _place: int) -> Datum | None:
        """The packet after that."""
        if isinstance(datum, Packet):
            read = codec.decode(codec.encode(datum))
            assert isinstance(read, Packet)
            return read
        return datum


def simulated(total: int, *, as_bytes: bool) -> tuple[int, float]:
    """Transfers so many bytes; gives packets and processor seconds."""
    world = World(seed=1)
    net = pair(world, delay="5ms", rate="100Mbit")
    if as_bytes:
        for end in (net.client, net.server):
            pipe = net.link.toward(end)
            pipe.stages.append(AsBytes())
            pipe.refresh()
    left = [total]

    async def server(host: Process) -> None:
        conn = await host.listen(80).accept()
        while data := await conn.recv(READ_BYTES):
            left[0] -= len(data)

    async def client(host: Process) -> None:
        conn = await host.connect(SERVER, 80)
        await conn.send_all(bytes(total))
        conn.close()

    net.server.run(server)
    net.client.run(client)
    began = time.process_time()
    world.run_until(lambda: not left[0])
    spent = time.process_time() - began
    return world.clock.packets, spent


def peer_seconds(python: str, total: int) -> float | None:
    """Processor seconds of the other stack; None where it is not installed."""
    done = subprocess.run([python, "-m", "benchmarks.pytcp_transfer", "--bytes", str(total)], capture_output=True, text=True, check=False)
    if done.returncode == NOT_INSTALLED:
        return None
    if done.returncode:
        raise SystemExit(f"the other stack ended with status {done.returncode}: {done.stderr[-400:]}")
    return float(done.stdout)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--bytes", type=int, default=20_000_000, metavar="N", help="of one transfer (20,000,000)")
    ask.add_argument("--repeat", type=int, default=3, metavar="N", help="rounds, each of which runs all (3)")
    ask.add_argument("--peer", default=sys.executable, metavar="PYTHON", help="the interpreter that has pmd-pytcp")
    given = ask.parse_args(arguments)
    rounds = [
        (simulated(given.bytes, as_bytes=False), simulated(given.bytes, as_bytes=True), peer_seconds(given.peer, given.bytes))
        for _ in range(given.repeat)
    ]
    base = [values[1] for values, _, _ in rounds]
    print("| | segments a processor second | MB a processor second | time over the first |\n| --- | --- | --- | --- |")
    for name, column in (("estab, packets as values", 0), ("estab, packets as bytes", 1)):
        packets, seconds = zip(*(turn[column] for turn in rounds), strict=True)
        line(name, given.bytes, seconds, base, f"{statistics.median(n / s for n, s in zip(packets, seconds, strict=True)):,.0f}")
    others = [seconds for _, _, seconds in rounds if seconds is not None]
    if others:
        line("pmd-pytcp", given.bytes, others, base, "")
    else:
        print(f"not installed for {given.peer}: pmd-pytcp", file=sys.stderr)
    return 0


def line(name: str, total: int, seconds: Sequence[float], base: Sequence[float], segments: str) -> None:
    """A row of the table, medians over the rounds."""
    speed = statistics.median(total / 1e6 / spent for spent in seconds)
    ratio = statistics.median(spent / first for spent, first in zip(seconds, base, strict=True))
    print(f"| {name} | {segments} | {speed:.1f} | {ratio:.2f} |")


if __name__ == "__main__":
    sys.exit(main())
