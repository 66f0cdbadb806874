from __future__ import annotations

from estab.lab.process import Process
from estab.lab.stage import pair, routed
from estab.lab.world import World
from tests.lab.nets import echo


def test_two_hosts_on_a_cable() -> None:
    world = World()
    net = pair(world, delay="7ms", server={"somaxconn": 3}, rate="1Gbit")
    assert net.server.knobs.somaxconn == 3 and net.client.knobs.somaxconn != 3
    assert net.link.toward(net.server).delay_ns == 7_000_000 and world.nodes == {"client": net.client, "server": net.server}


def test_a_router_between_them() -> None:
    world = World()
    net = routed(world)
    net.server.run(echo)
    net.router.masquerade(net.far)
    task = net.client.run(lambda host: ask_there(host, net.server.address))
    world.run_for("5s")
    assert task.result == b"hello" and net.router.forwarded > 6


async def ask_there(host: Process, address: str) -> bytes:
    conn = await host.connect(address, 80)
    await conn.send_all(b"hello")
    conn.shutdown()
    return await conn.recv_all()
