"""A long transfer on a simulated link, and what theory says of its rate: `python -m benchmarks.lab_transfer`.

Without loss the goodput must be within 10 % of what the link's rate allows; with regular losses the sender's rate within 20 % of the
response functions: for Reno the throughput equation of RFC 5348 §3.1 with one segment of growth a round trip (b = 1), for CUBIC the larger
of that and 1.054 RTT^(3/4) / p^(3/4) segments (RFC 9438 §5.1 with C = 0.4, beta = 0.7).
"""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass

from estab.instant import SECOND_NS
from estab.lab.loss import EveryNth
from estab.lab.process import Process
from estab.lab.stage import SERVER, pair
from estab.lab.world import World

MSS_BYTES = 1448
FULL_PACKET_BYTES = 1500
READ_BYTES = 1 << 20
RTO_MIN_S = 0.2
"""What Linux adds to a round trip that never varies (tcp_rto_min_us)."""


@dataclass(frozen=True, slots=True)
class Transferred:
    """What a transfer came to, measured after its beginning was over."""

    goodput_bits_per_s: float
    segments_per_rtt: float
    """Sent, lost ones included."""
    packets: int
    wall_s: float

    @property
    def packets_per_s(self) -> float:
        """Packets simulated in a second of processor time."""
        return self.packets / self.wall_s


def transfer(
    *,
    rate: str,
    delay: str,
    seconds: float,
    congestion: str = "cubic",
    lose_every: int = 0,
    warm_up_s: float = 2.0,
    queue_packets: int = 10_000,
) -> Transferred:
    """Sends for so many virtual seconds and measures all but the first `warm_up_s`."""
    world = World(seed=1)
    buffers = {"tcp_rmem": "4096 8388608 33554432", "tcp_wmem": "4096 8388608 33554432", "tcp_congestion_control": congestion}
    net = pair(world, delay=delay, rate=rate, queue_packets=queue_packets, client=buffers, server=buffers)
    if lose_every:
        net.link.toward(net.server).change(loss=EveryNth(lose_every))
    received = [0]

    async def server(host: Process) -> None:
        conn = await host.listen(80).accept()
        while data := await conn.recv(READ_BYTES):
            received[0] += len(data)

    async def client(host: Process) -> None:
        conn = await host.connect(SERVER, 80)
        data = bytes(READ_BYTES)
        while True:
            await conn.send_all(data)

    net.server.run(server)
    net.client.run(client)
    began = time.process_time()
    world.run_for(round(warm_up_s * SECOND_NS))
    before, start_ns = received[0], world.now_ns
    world.run_for(round((seconds - warm_up_s) * SECOND_NS))
    lasted_s = (world.now_ns - start_ns) / SECOND_NS
    got = received[0] - before
    rtt_s = 2 * net.link.toward(net.server).delay_ns / SECOND_NS
    sent = got / MSS_BYTES / (1 - (1 / lose_every if lose_every else 0))
    return Transferred(got * 8 / lasted_s, sent / lasted_s * rtt_s, world.clock.packets, time.process_time() - began)


def expected_segments(congestion: str, loss: float, rtt_s: float) -> float:
    """Segments sent in a round trip that the response function allows."""
    by_windows = rtt_s * math.sqrt(2 * loss / 3)
    by_timeouts = (rtt_s + RTO_MIN_S) * min(1.0, 3 * math.sqrt(3 * loss / 8)) * loss * (1 + 32 * loss**2)
    reno = rtt_s / (by_windows + by_timeouts)
    return reno if congestion == "reno" else max(reno, 1.054 * rtt_s**0.75 / loss**0.75)


def main() -> int:
    """Prints a table; status 1 where a bound is missed."""
    missed = 0
    for rate, delay in (("10Mbit", "20ms"), ("100Mbit", "10ms"), ("1Gbit", "1ms")):
        done = transfer(rate=rate, delay=delay, seconds=8.0)
        bits = float(rate.rstrip("Mbitg").rstrip("G")) * (1e9 if "G" in rate else 1e6)
        share = done.goodput_bits_per_s / (bits * MSS_BYTES / FULL_PACKET_BYTES)
        missed += not 0.9 <= share <= 1.001
        print(
            f"{rate:>8} {delay:>5}  goodput {done.goodput_bits_per_s / 1e6:8.2f} Mbit/s  {share:6.1%}  {done.packets_per_s:8.0f} packets/s"
        )
    for congestion in ("reno", "cubic"):
        for lose_every in (1000, 300, 100, 33):
            loss, rtt_s = 1 / lose_every, 0.1
            done = transfer(rate="10Gbit", delay="50ms", seconds=400.0, congestion=congestion, lose_every=lose_every, warm_up_s=40.0)
            expected = expected_segments(congestion, loss, rtt_s)
            share = done.segments_per_rtt / expected
            missed += not 0.8 <= share <= 1.2
            print(
                f"{congestion:>8} {loss:6.2%}  {done.segments_per_rtt:7.1f} segments a round trip, expected {expected:7.1f}  {share:6.1%}"
            )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
