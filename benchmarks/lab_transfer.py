"""A long transfer over one simulated link, measured once its beginning is over: what the `lab_…` benchmarks stand on."""

from __future__ import annotations

import time
from dataclasses import dataclass

from estab.instant import SECOND_NS
from estab.lab.loss import LossModel
from estab.lab.process import Process
from estab.lab.stage import SERVER, pair
from estab.lab.units import bits_per_second
from estab.lab.world import World

MSS_BYTES = 1448
FULL_PACKET_BYTES = 1500
READ_BYTES = 1 << 20
LARGEST_BUFFER_BYTES = 1 << 26
"""Neither window nor send buffer may be what limits: at most 2^26 bytes each, far above any bandwidth-delay product here."""


@dataclass(frozen=True, slots=True)
class Transferred:
    """What a transfer came to after `warm_up_s`; wall time and packets are those of the whole."""

    goodput_bits_per_s: float
    segments_per_rtt: float
    """Data segments sent in the round trip of the empty link, those sent again included."""
    lost_share: float
    """Of the segments sent."""
    event_share: float
    """Loss events (beginnings of a recovery, timeouts) for each segment sent: the `p` of the response functions."""
    timeouts: int
    packets: int
    processor_s: float

    @property
    def packets_per_s(self) -> float:
        """Packets simulated in a second of processor time."""
        return self.packets / self.processor_s


def queue_for(rate: str, delay: str) -> int:
    """The queue that a link should have: one bandwidth-delay product in full packets, at least 20."""
    one_way_s = float(delay.removesuffix("ms")) / 1000
    return max(20, round(bits_per_second(rate) * 2 * one_way_s / 8 / FULL_PACKET_BYTES))


def transfer(
    *,
    rate: str,
    delay: str,
    seconds: float,
    congestion: str = "cubic",
    loss: LossModel | None = None,
    warm_up_s: float = 2.0,
    queue_packets: int | None = None,
    seed: int = 1,
) -> Transferred:
    """Sends for so many virtual seconds; `delay` is one way, `loss` that of the data's direction."""
    world = World(seed=seed)
    buffers = f"4096 1048576 {LARGEST_BUFFER_BYTES}"
    knobs = {"tcp_rmem": buffers, "tcp_wmem": buffers, "tcp_congestion_control": congestion}
    queue = queue_for(rate, delay) if queue_packets is None else queue_packets
    net = pair(world, delay=delay, rate=rate, queue_packets=queue, client=knobs, server=knobs)
    pipe = net.link.toward(net.server)
    pipe.change(loss=loss)
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
    counters = net.client.stack.counters
    before, received_before, lost_before = dict(counters), received[0], pipe.lost
    lasted_s = seconds - warm_up_s
    world.run_for(round(lasted_s * SECOND_NS))
    moved = counters.moved(before)
    sent = moved.get("TcpExt.TCPOrigDataSent", 0) + moved.get("Tcp.RetransSegs", 0)
    timeouts = moved.get("TcpExt.TCPTimeouts", 0)
    recoveries = moved.get("TcpExt.TCPSackRecovery", 0)
    return Transferred(
        goodput_bits_per_s=(received[0] - received_before) * 8 / lasted_s,
        segments_per_rtt=sent / lasted_s * 2 * pipe.delay_ns / SECOND_NS,
        lost_share=(pipe.lost - lost_before) / max(sent, 1),
        event_share=(recoveries + timeouts) / max(sent, 1),
        timeouts=timeouts,
        packets=world.clock.packets,
        processor_s=time.process_time() - began,
    )
