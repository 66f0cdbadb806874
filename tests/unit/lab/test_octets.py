from __future__ import annotations

import pathlib
import shutil
import subprocess

import pytest

from estab.lab.octets import encode
from estab.lab.packets import Datagram, Datum, IcmpPacket
from estab.wire.formats.pcapng_writer import Interface, PacketRecord, write_pcapng
from estab.wire.segment import ACK, SYN, IcmpKind, Packet, Segment, SynOptions


def packets(source: str, target: str) -> list[Datum]:
    plain = Packet(source, 40000, target, 80, Segment(1, 2, ACK, 3, b"odd"), ip_id=7)
    syn = Packet(source, 40000, target, 80, Segment(1, 0, SYN, 3, syn=SynOptions(mss_bytes=1460, sack_permitted=True), tsval=9))
    damaged = Packet(source, 40000, target, 80, Segment(1, 2, ACK, 3, b"x"), corrupt=True)
    error = IcmpPacket(target, source, IcmpKind.PACKET_TOO_BIG, plain, 1400)
    return [plain, syn, damaged, error, Datagram(source, 1, target, 2, plain)]


ALL = packets("10.0.0.1", "10.0.0.2") + packets("2001:db8::1", "2001:db8::2")


def test_an_ip_packet_tells_its_length() -> None:
    for datum in ALL:
        data = encode(datum)
        six = data[0] >> 4 == 6
        assert len(data) == (40 + int.from_bytes(data[4:6], "big") if six else int.from_bytes(data[2:4], "big"))


@pytest.mark.peer
@pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")
def test_wireshark_finds_no_wrong_checksum_but_the_one_that_is_meant(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.pcapng"
    records = [PacketRecord(1_767_225_600_000_000_000 + number, 0, encode(datum)) for number, datum in enumerate(ALL)]
    path.write_bytes(write_pcapng([Interface(name="x")], records))
    options = [f"-o{name}.check_checksum:TRUE" for name in ("tcp", "udp", "ip")]
    fields = ("ip.checksum.status", "tcp.checksum.status", "udp.checksum.status", "icmp.checksum.status", "icmpv6.checksum.status")
    command = ["tshark", "-r", str(path), *options, "-T", "fields", *[word for field in fields for word in ("-e", field)]]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    bad = [number for number, line in enumerate(lines) if "0" in line.replace(",", "\t").split("\t")]
    assert bad == [2, 7]
