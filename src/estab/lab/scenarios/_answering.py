"""A server that answers each connection until the end: what scenarios share in which something else goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.sockets import Conn


async def server(host: Process) -> None:
    """Serves each connection in a program of its own."""
    listener = host.listen(80)
    while True:
        host.spawn(serve, await listener.accept())


async def serve(host: Process, conn: Conn) -> None:
    """Answers until the end."""
    del host
    with conn:
        while await conn.recv():
            await conn.send_all(b"answer")
