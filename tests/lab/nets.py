"""Two hosts with the engine's own TCP on one cable, and programs that tests use again and again."""

from __future__ import annotations

from typing import Any

from estab.lab.process import Process
from estab.lab.stage import SERVER, Pair, pair
from estab.lab.world import World


class Net:
    """`client` and `server` on a cable with 5 ms each way."""

    def __init__(self, *, timeline: bool = False, seed: int = 1, **options: Any) -> None:
        self.world = World(seed=seed, timeline=timeline)
        net: Pair = pair(self.world, **options)
        self.client, self.server, self.link = net.client, net.server, net.link

    @property
    def told(self) -> list[str]:
        """The timeline in words."""
        assert self.world.timeline is not None
        return [f"{record.where} {record.told}" for record in self.world.timeline.records]


async def echo(host: Process, port: int = 80) -> None:
    """Serves one connection after the other, each until its end."""
    listener = host.listen(port)
    while True:
        with await listener.accept() as conn:
            while data := await conn.recv():
                await conn.send_all(data)


async def ask(host: Process, question: bytes = b"hello", port: int = 80) -> bytes:
    """One short connection."""
    with await host.connect(SERVER, port) as conn:
        await conn.send_all(question)
        conn.shutdown()
        return await conn.recv_all()
