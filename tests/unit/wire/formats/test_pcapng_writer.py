from __future__ import annotations

import io
import pathlib
import shutil
import struct
import subprocess

import pytest

from estab.capture.reader import Reader
from estab.lives import Life
from estab.wire.formats.pcapng_writer import Interface, PacketRecord, enhanced_packet, section_header, write_pcapng

PACKET = bytes.fromhex("45000028000140004006000a0a0000010a000002") + struct.pack(">HHIIHHHH", 1, 2, 3, 4, 0x5010, 5, 0, 0)
TIME_NS = 1_767_225_600_123_456_789


def capture() -> bytes:
    records = [PacketRecord(TIME_NS, 0, PACKET), PacketRecord(TIME_NS + 1, 1, PACKET + b"odd", ("dropped: queue full", "again 状态"))]
    return write_pcapng(
        [Interface(name="client"), Interface(name="server", description="far")], records, application="estab", comment="a run"
    )


def test_what_is_written_can_be_read() -> None:
    with Reader(["-"], stdin=io.BytesIO(capture()), life=Life.INTERPRETED) as reader:
        rows = [row for chunk in reader for row in chunk.rows[: chunk.count]]
    assert [(row.time_ns, row.interface, row.seq) for row in rows] == [(TIME_NS, 0, 3), (TIME_NS + 1, 1, 3)]
    assert reader.summary.damage == [] and reader.summary.packets == 2


def test_blocks_are_padded_and_tell_their_length_twice() -> None:
    for block in (section_header(comment="odd"), enhanced_packet(PacketRecord(1, 0, b"12345", ("x",)))):
        length = struct.unpack_from("<I", block, 4)[0]
        assert length == len(block) == struct.unpack("<I", block[-4:])[0] and length % 4 == 0


def test_the_same_gives_the_same_bytes() -> None:
    assert capture() == capture()


@pytest.mark.peer
@pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")
def test_wireshark_reads_times_interfaces_and_comments(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.pcapng"
    path.write_bytes(capture())
    fields = ["frame.time_epoch", "frame.interface_name", "frame.comment", "tcp.seq_raw"]
    command = ["tshark", "-r", str(path), "-T", "fields", *[word for field in fields for word in ("-e", field)]]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert lines[0].split("\t") == ["1767225600.123456789", "client", "", "3"]
    assert lines[1].split("\t") == ["1767225600.123456790", "server", "dropped: queue full,again 状态", "3"]
