"""The same transfer with the stack of the PyPI project pmd-pytcp: two of its stacks, each in a process, joined by a pair of sockets.

    python -m benchmarks.pytcp_transfer [--bytes N]

Its stacks are one to a process, on real time, and speak to a file descriptor that stands for a TUN device; here that is one end of a
pair of packet sockets, so that no device and no privilege is needed.  Prints the processor seconds of both processes from the opened
connection to the last byte read.  Status 3 where it is not installed.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import importlib.util
import os
import socket
import sys
import time
from collections.abc import Sequence
from typing import Any

SERVER, CLIENT, PORT = "10.0.0.2", "10.0.0.1", 8080
PIECE_BYTES = 1 << 16
NOT_INSTALLED = 3
ADDRESS_WAIT_S = 10.0


async def brought_up(fd: int, address: str) -> Any:
    """A running stack with this address on the descriptor; gives the module with its sockets."""
    stack = importlib.import_module("pmd_pytcp.stack")
    layers = importlib.import_module("pmd_pytcp.lib.interface_layer")
    addresses = importlib.import_module("pmd_net_addr")
    host = addresses.Ip4IfAddr(f"{address}/24")
    stack.init(fd=fd, layer=layers.InterfaceLayer.L3, mtu=1500, interface_name="tun0", ip4_host=host, ip4_dhcp=False, ip6_support=False)
    await stack.start()
    deadline = time.monotonic() + ADDRESS_WAIT_S
    while not stack.local_ip4_unicast():
        if time.monotonic() > deadline:
            raise SystemExit("the stack has not taken its address")
        await asyncio.sleep(0.05)
    return importlib.import_module("pmd_pytcp.socket")


async def serve(fd: int, total: int, ready: int) -> float:
    """Reads so many bytes from one connection; gives the processor seconds that took."""
    sockets = await brought_up(fd, SERVER)
    listener = sockets.socket(sockets.AF_INET4, sockets.SOCK_STREAM)
    listener.bind((SERVER, PORT))
    listener.listen()
    os.write(ready, b".")
    conn, _ = await listener.accept()
    began, left = time.process_time(), total
    while left > 0:
        data = await conn.recv(PIECE_BYTES)
        if not data:
            break
        left -= len(data)
    if left:
        raise SystemExit(f"{left} bytes are missing")
    return time.process_time() - began


async def push(fd: int, total: int, done: int) -> float:
    """Writes so many bytes, and stays until the other end says that it has them."""
    sockets = await brought_up(fd, CLIENT)
    conn = sockets.socket(sockets.AF_INET4, sockets.SOCK_STREAM)
    await conn.connect((SERVER, PORT))
    began, left = time.process_time(), total
    data = bytes(PIECE_BYTES)
    while left > 0:
        left -= await conn.send(data[:left])
    arrived = asyncio.Event()
    asyncio.get_running_loop().add_reader(done, arrived.set)
    await arrived.wait()
    return time.process_time() - began


def processor_seconds(total: int) -> float:
    """What transferring so many bytes costs both ends together."""
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ready, is_ready = os.pipe()
    done, is_done = os.pipe()
    child = os.fork()
    if child == 0:
        near.close()
        spent = asyncio.run(serve(far.fileno(), total, is_ready))
        os.write(is_done, f"{spent:.6f}".encode())
        os._exit(0)
    far.close()
    os.read(ready, 1)
    spent = asyncio.run(push(near.fileno(), total, done))
    others = float(os.read(done, 64))
    os.waitpid(child, 0)
    return spent + others


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--bytes", type=int, default=20_000_000, metavar="N", help="how many bytes (20,000,000)")
    given = ask.parse_args(arguments)
    if importlib.util.find_spec("pmd_pytcp") is None:
        print("not installed: pmd-pytcp", file=sys.stderr)
        return NOT_INSTALLED
    print(f"{processor_seconds(given.bytes):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
