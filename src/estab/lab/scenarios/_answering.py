"""A server that serves each connection by itself: what scenarios share in which something else goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from estab.lab.process import Process, ProgramFunction
    from estab.lab.sockets import Conn


async def serve(host: Process, conn: Conn) -> None:
    """Answers until the end."""
    del host
    with conn:
        while await conn.recv():
            await conn.send_all(b"answer")


async def server(host: Process, each: ProgramFunction = serve) -> None:
    """Serves each connection in a program of its own."""
    listener = host.listen(80)
    while True:
        host.spawn(each, await listener.accept())
