"""Writes a large, realistic, deterministic TCP capture, with the truth about it.

    python -m benchmarks.make_capture OUT.pcap [--packets N] [--connections N] [--truth OUT.csv] …

The same arguments, seed and version of NumPy give the same bytes.  `--truth` writes one line for each connection: its fate, packets
and payload bytes of each side, and how many of its packets were sent again (`_a` is the client, `_b` the server).
"""

from __future__ import annotations

import argparse
import ipaddress
import pathlib
import sys
import time
from collections.abc import Sequence

import numpy as np

from benchmarks.pcap_writer import write_pcap
from benchmarks.traffic import Column, Connections, Fate, Order, Packets, lay_out

COLUMNS = "conn,fate,ipv6,client,cport,server,sport,packets_a,packets_b,bytes_a,bytes_b,repeats_a,repeats_b"


def truth_rows(connections: Connections, packets: Packets) -> list[str]:
    """The lines of the truth, without the heading."""
    count = len(connections.fate)

    def per_side(weights: Column | None) -> list[Column]:
        sides = [packets.from_server == side for side in (0, 1)]
        return [np.bincount(packets.connection[side], None if weights is None else weights[side], count).astype("i8") for side in sides]

    counts = [*per_side(None), *per_side(packets.payload), *per_side(packets.again)]
    return [
        ",".join(
            [
                f"{row},{Fate(connections.fate[row]).name.lower()},{int(connections.ipv6[row])}",
                f"{_address(connections.client[row], connections.ipv6[row])},{connections.client_port[row]}",
                f"{_address(connections.server[row], connections.ipv6[row])},{connections.server_port[row]}",
                *(str(column[row]) for column in counts),
            ]
        )
        for row in range(count)
    ]


def _address(low: int, is_ipv6: bool) -> str:
    return str(ipaddress.IPv6Address((0x20010DB8 << 96) + int(low)) if is_ipv6 else ipaddress.IPv4Address(int(low)))


def make(order: Order, target: pathlib.Path, truth: pathlib.Path | None, *, snap_length: int = 100, nanoseconds: bool = False) -> int:
    """Writes the capture and its truth; the answer is the number of packets."""
    connections, packets = lay_out(order)
    with target.open("wb", buffering=0) as stream:
        write_pcap(stream, connections, packets, snap_length=snap_length, nanoseconds=nanoseconds)
    if truth is not None:
        truth.write_text("\n".join([COLUMNS, *truth_rows(connections, packets), ""]), encoding="ascii")
    return len(packets.time_ns)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("out", type=pathlib.Path)
    ask.add_argument("-n", "--packets", type=int, default=1_000_000)
    ask.add_argument("-c", "--connections", type=int, default=0, help="default: one for each 50 packets")
    ask.add_argument("--loss", type=float, default=0.01, help="share of the bulk segments that is lost")
    ask.add_argument("--ipv6", type=float, default=0.25, help="share of the connections over IPv6")
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--duration", type=float, default=0.0, help="seconds in which connections begin; default: 20,000 packets a second")
    ask.add_argument("--snaplen", type=int, default=100)
    ask.add_argument("--nano", action="store_true", help="nanosecond time stamps")
    ask.add_argument("--truth", type=pathlib.Path)
    given = ask.parse_args(arguments)
    order = Order(
        packets=given.packets,
        connections=given.connections or max(1, given.packets // 50),
        loss=given.loss,
        ipv6=given.ipv6,
        seed=given.seed,
        duration_s=given.duration or max(10.0, given.packets / 20_000),
    )
    began = time.monotonic()
    count = make(order, given.out, given.truth, snap_length=given.snaplen, nanoseconds=given.nano)
    print(f"{count} packets, {order.connections} connections, {time.monotonic() - began:.1f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
