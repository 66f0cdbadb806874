"""The generator of captures: deterministic, true to its own truth, and read alike by another program."""

from __future__ import annotations

import collections
import csv
import ipaddress
import pathlib
import shutil
import struct
import subprocess

import numpy as np
import pytest

from benchmarks.make_capture import main, make
from benchmarks.traffic import ACK, MSS, SYN, Fate, Order, lay_out

ORDER = Order(packets=4_000, connections=120, loss=0.03, duration_s=10.0, seed=7)


def test_the_same_seed_gives_the_same_bytes(tmp_path: pathlib.Path) -> None:
    captures = [tmp_path / "a.pcap", tmp_path / "b.pcap", tmp_path / "c.pcap"]
    for capture, seed in zip(captures, (7, 7, 8), strict=True):
        assert main([str(capture), "-n", "2000", "-c", "50", "--seed", str(seed), "--truth", str(capture.with_suffix(".csv"))]) == 0
    first, second, other = (capture.read_bytes() for capture in captures)
    assert first == second != other
    assert captures[0].with_suffix(".csv").read_text() == captures[1].with_suffix(".csv").read_text()


@pytest.mark.parametrize(("loss", "packets", "connections"), [(0.0, 50_000, 1_000), (0.01, 50_000, 1_000), (0.05, 20_000, 300)])
def test_about_as_many_packets_as_ordered(loss: float, packets: int, connections: int) -> None:
    _, laid = lay_out(Order(packets=packets, connections=connections, loss=loss))
    assert 0.93 * packets < len(laid.time_ns) < 1.07 * packets


def test_time_never_runs_backwards_and_no_four_tuple_comes_twice() -> None:
    connections, packets = lay_out(ORDER)
    assert (np.diff(packets.time_ns) >= 0).all()
    assert packets.time_ns[0] >= 0
    tuples = set(
        zip(connections.client, connections.client_port, connections.server, connections.server_port, connections.ipv6, strict=True)
    )
    assert len(tuples) == ORDER.connections


def test_no_acknowledgement_passes_what_was_sent() -> None:
    """The receiver holds, at each moment, no more than the tap or the wire before it has carried."""
    connections, packets = lay_out(ORDER)
    sent_up_to: dict[tuple[int, int], int] = collections.defaultdict(int)
    for row, side, flags, seq, ack, payload in zip(
        packets.connection, packets.from_server, packets.flags, packets.seq, packets.ack, packets.payload, strict=True
    ):
        isn = (connections.client_isn[row], connections.server_isn[row])
        if connections.fate[row] in (Fate.REFUSED, Fate.FILTERED):
            continue
        end = (int(seq) - int(isn[side]) + int(payload) + int(bool(flags & (SYN | 1)))) & 0xFFFFFFFF
        sent_up_to[row, side] = max(sent_up_to[row, side], end)
        if flags & ACK:
            assert (int(ack) - int(isn[1 - side])) & 0xFFFFFFFF <= sent_up_to[row, 1 - side]


def test_losses_are_repaired_and_acknowledged() -> None:
    connections, packets = lay_out(ORDER)
    assert packets.again.sum() > 20
    blocks = packets.sack_left != packets.sack_right
    assert blocks.any()
    assert ((packets.sack_right[blocks] - packets.sack_left[blocks]).astype("u4") <= 200 * MSS).all()
    # A lost segment of an upload was seen at the tap before it was sent again; one of a download was not.
    seen = collections.Counter(zip(packets.connection, packets.from_server, packets.seq, packets.payload, strict=True))
    again = np.flatnonzero(packets.again & (packets.payload == MSS))
    for row in again:
        key = (packets.connection[row], packets.from_server[row], packets.seq[row], packets.payload[row])
        assert seen[key] == (2 if connections.upload[packets.connection[row]] else 1)


def test_the_file_holds_the_packets(tmp_path: pathlib.Path) -> None:
    capture = tmp_path / "small.pcap"
    count = make(ORDER, capture, None, snap_length=80)
    raw = capture.read_bytes()
    assert struct.unpack_from("<I", raw)[0] == 0xA1B2C3D4
    position, records = 24, 0
    while position < len(raw):
        captured, length = struct.unpack_from("<II", raw, position + 8)
        assert captured == min(80, length)
        position, records = position + 16 + captured, records + 1
    assert (position, records) == (len(raw), count)


@pytest.mark.peer
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize("nanoseconds", [False, True])
def test_tshark_counts_the_same(tmp_path: pathlib.Path, nanoseconds: bool) -> None:
    capture, truth = tmp_path / "small.pcap", tmp_path / "small.csv"
    count = make(ORDER, capture, truth, nanoseconds=nanoseconds)
    fields = [
        "ip.src",
        "ipv6.src",
        "tcp.srcport",
        "ip.dst",
        "ipv6.dst",
        "tcp.dstport",
        "tcp.len",
        "tcp.checksum.status",
        "ip.checksum.status",
    ]
    asked = [part for field in fields for part in ("-e", field)]
    checks = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    done = subprocess.run(["tshark", "-r", capture, *checks, "-T", "fields", *asked], capture_output=True, text=True, check=True)
    seen: dict[tuple[str, ...], list[int]] = collections.defaultdict(lambda: [0, 0])
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(lines) == count
    for src4, src6, sport, dst4, dst6, dport, payload, tcp_checksum, ip_checksum in lines:
        # A frame that is cut cannot be summed (status 2); every other sum is right (status 1).
        assert tcp_checksum in ("1", "2")
        assert ip_checksum in ("1", "")
        entry = seen[(src4 or src6, sport, dst4 or dst6, dport)]
        entry[0], entry[1] = entry[0] + 1, entry[1] + int(payload)
    rows = list(csv.DictReader(truth.read_text().splitlines()))
    assert len(rows) == ORDER.connections
    for row in rows:
        client, server = (str(ipaddress.ip_address(row[name])) for name in ("client", "server"))
        up, down = (client, row["cport"], server, row["sport"]), (server, row["sport"], client, row["cport"])
        assert seen[up] == [int(row["packets_a"]), int(row["bytes_a"])]
        assert seen[down] == [int(row["packets_b"]), int(row["bytes_b"])]
