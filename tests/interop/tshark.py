"""What tshark counts in a capture: its TCP streams, with packets and payload bytes of each direction."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, field

import pytest

from estab.flow import Endpoint, parse_address, spell_address
from estab.track import Connections

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")

Key = tuple[list[tuple[Endpoint, int]], list[tuple[Endpoint, int]]]
"""Packets and payload bytes by their sender."""
FIELDS = ("tcp.stream", "ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport", "tcp.len")


@dataclass
class Stream:
    """One of tshark's streams, or one of estab's connections."""

    packets: Counter[Endpoint] = field(default_factory=Counter)
    payload_bytes: Counter[Endpoint] = field(default_factory=Counter)

    def key(self) -> Key:
        """For comparison; an endpoint that sent nothing is not there."""
        return sorted((+self.packets).items()), sorted((+self.payload_bytes).items())


def tshark_streams(path: pathlib.Path) -> list[Stream]:
    """The streams of a file, in the order in which they begin."""
    command = ["tshark", "-n", "-r", str(path), "-Y", "tcp and not icmp and not icmpv6", "-T", "fields", "-E", "occurrence=l"]
    command += ["-o", "tcp.desegment_tcp_streams:FALSE", "-o", "tcp.analyze_sequence_numbers:TRUE"]
    for name in FIELDS:
        command += ["-e", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    streams: dict[int, Stream] = {}
    for line in done.stdout.splitlines():
        number, source4, source6, sport, _, _, _, length = line.split("\t")
        if not number:  # the snap length left less than a TCP header
            continue
        stream = streams.setdefault(int(number), Stream())
        sender = Endpoint(spell_address(parse_address(source4 or source6)), int(sport))
        stream.packets[sender] += 1
        stream.payload_bytes[sender] += int(length)
    return [streams[number] for number in sorted(streams)]


def estab_streams(connections: Connections) -> list[Stream]:
    """The same of estab; payload of copies, which estab leaves out where the capture made them, is put back as tshark counts it."""
    found = []
    for row in range(connections.count):
        stream = Stream()
        for side in (0, 1):
            me, sender = connections.side(side), connections.endpoint(row, side)
            copies = int(me.duplicate_bytes[row]) if connections.mirrored(side)[row] else 0
            stream.packets[sender] += int(me.packets[row])
            stream.payload_bytes[sender] += int(me.payload_bytes[row]) + copies
        found.append(stream)
    return found
