"""A server that reads late, and a client that sends more than its buffer holds: what scenarios of closed windows share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.stage import SERVER

if TYPE_CHECKING:
    from estab.lab.process import Process

MEGABYTE = 1 << 20


async def server(host: Process, sleeps: str) -> None:
    """Sleeps before it reads."""
    with await host.listen(80, rcvbuf=65_536).accept() as conn:
        await host.sleep(sleeps)
        host.world.results["received"] = len(await conn.recv_all())


async def client(host: Process) -> None:
    """Sends more than the other's buffer holds."""
    with await host.connect(SERVER, 80) as conn:
        await conn.send_all(bytes(MEGABYTE))
