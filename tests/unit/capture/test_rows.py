"""One file's rows: formats, damage, fragments, and going on in the other life."""

from __future__ import annotations

import pathlib
import struct

import pytest

from estab.capture import rows as module
from estab.capture.rows import open_rows
from estab.capture.summary import CaptureSummary
from estab.errors import InputError
from estab.lives import Life
from estab.wire.columns import PACKET, Skipped
from tests.unit.wire.frames import (
    ACK,
    block,
    both_lives,
    enhanced,
    erf,
    ethernet,
    frame,
    interface,
    ipv4,
    ipv6,
    pcap,
    section,
    simple,
    snoop,
    tcp,
    udp,
    values,
)


class File:
    """A file read to its end in tables of `capacity` rows."""

    def __init__(self, folder: pathlib.Path, data: bytes, life: Life, capacity: int = 4) -> None:
        path = folder / "some.file"
        path.write_bytes(data)
        self.rows: list[dict[str, int]] = []
        file = open_rows(str(path))
        file.live(life)
        table = life.rows(PACKET, capacity)
        while True:
            count = file.fill(table, capacity)
            self.rows.extend(values(table[index]) for index in range(count))
            if count < capacity:
                break
        self.summary = CaptureSummary()
        file.report(self.summary)
        self.damage = [str(line).removeprefix(f"{path}: ") for line in self.summary.damage]
        self.notes = [str(line).removeprefix(f"{path}: ") for line in self.summary.notes]
        file.close()

    def column(self, name: str) -> list[int]:
        return [row[name] for row in self.rows]


FRAMES = [frame(b"x" * size, seq=size) for size in range(10)]


@both_lives
@pytest.mark.parametrize(
    "data",
    [
        pcap(FRAMES),
        section() + interface() + b"".join(enhanced(data, number) for number, data in enumerate(FRAMES)),
        snoop([(1_000_000 + number, data) for number, data in enumerate(FRAMES)]),
        erf([((1_000_000_000 << 32) + number, data) for number, data in enumerate(FRAMES)]),
    ],
    ids=["pcap", "pcapng", "snoop", "erf"],
)
def test_all_formats(tmp_path: pathlib.Path, life: Life, data: bytes) -> None:
    file = File(tmp_path, data, life)
    assert file.column("frame") == list(range(1, 11)) and file.column("seq") == list(range(10))
    summary = file.summary
    assert (summary.packets, summary.tcp_packets, summary.size_bytes) == (10, 10, len(data))
    assert (file.damage, file.notes, summary.skipped, summary.cut_packets) == ([], [], {}, 0)


@both_lives
def test_what_gives_no_row_is_counted_and_numbered(tmp_path: pathlib.Path, life: Life) -> None:
    file = File(
        tmp_path, pcap([ethernet(b"\0" * 50, 0x0806), frame(), ethernet(ipv4(udp(b"x"), protocol=17)), frame()[:40], frame()]), life
    )
    assert file.column("frame") == [2, 5]
    assert file.summary.skipped == {Skipped.NOT_IP: 1, Skipped.NOT_TCP: 1, Skipped.MALFORMED: 1}
    assert (file.summary.packets, file.summary.tcp_packets) == (5, 2)


@both_lives
def test_the_snap_length_and_what_it_cut(tmp_path: pathlib.Path, life: Life) -> None:
    full = frame(options=b"\x02\x04\x05\xb4\x01\x03\x03\x07")
    file = File(tmp_path, pcap([(0, full[:58], len(full)), (1, full[:50], len(full)), full], snap=58), life)
    assert (file.summary.snap_length, file.summary.cut_packets, len(file.rows)) == (58, 2, 2)
    assert file.summary.skipped == {Skipped.TRUNCATED: 1}


@both_lives
def test_damage_ends_a_pcap_file_and_keeps_what_came_before(tmp_path: pathlib.Path, life: Life) -> None:
    data = bytearray(pcap(FRAMES))
    at = 24 + sum(16 + len(one) for one in FRAMES[:6])
    data[at + 8 : at + 12] = b"\xff" * 4
    file = File(tmp_path, bytes(data), life)
    assert len(file.rows) == 6
    assert file.damage == [f"a record with an impossible length; what follows cannot be read, at byte {at}"]


@both_lives
@pytest.mark.parametrize(("cut", "whole"), [(1, 9), (len(FRAMES[9]) + 3, 9), (len(FRAMES[9]) + 20, 8)])
def test_a_cut_file(tmp_path: pathlib.Path, life: Life, cut: int, whole: int) -> None:
    data = pcap(FRAMES)
    file = File(tmp_path, data[:-cut], life)
    at = 24 + sum(16 + len(one) for one in FRAMES[:whole])
    assert len(file.rows) == whole
    assert file.damage == [f"the file ends in the middle of a record, at byte {at}"]


@both_lives
def test_damage_in_pcapng_is_passed_and_reported_once(tmp_path: pathlib.Path, life: Life) -> None:
    head = section() + interface()
    bad = struct.pack("<II", 6, 13) + b"\0" * 33
    file = File(tmp_path, head + enhanced(FRAMES[0], 1) + bad + enhanced(FRAMES[1], 2), life)
    assert len(file.rows) == 2
    assert file.damage == [f"a damaged block, at byte {len(head) + len(enhanced(FRAMES[0], 1))}"]


@both_lives
def test_a_length_that_points_beyond_the_end_hides_nothing(tmp_path: pathlib.Path, life: Life) -> None:
    head = section() + interface()
    lying = bytearray(enhanced(FRAMES[0], 1))
    lying[4:8] = struct.pack("<I", 60_000)
    file = File(tmp_path, head + bytes(lying) + enhanced(FRAMES[1], 2), life)
    assert file.column("seq") == [1]
    assert file.damage == [f"a damaged block, at byte {len(head)}"]


@both_lives
def test_packets_without_time_are_noted(tmp_path: pathlib.Path, life: Life) -> None:
    file = File(tmp_path, section() + interface() + b"".join(simple(data) for data in FRAMES), life)
    assert set(file.column("time_ns")) == {0}
    assert file.notes == ["10 packets carry no time"]
    assert (file.summary.first_ns, file.summary.last_ns) == (0, 0)


SEGMENT = tcp(bytes(300), flags=ACK)


@both_lives
@pytest.mark.parametrize("capacity", [1, 2, 100])
def test_a_datagram_in_fragments_is_a_row_where_it_became_whole(tmp_path: pathlib.Path, life: Life, capacity: int) -> None:
    first, last = ipv4(SEGMENT[:160], fragment=0x2000), ipv4(SEGMENT[160:], fragment=20)
    lost = ipv4(SEGMENT[:160], fragment=0x2000, ip_id=99)
    frames = [frame(seq=1), ethernet(first), ethernet(lost), frame(seq=2), ethernet(last), frame(seq=3)]
    file = File(tmp_path, pcap(frames), life, capacity)
    assert file.column("frame") == [1, 4, 5, 6]
    assert file.column("payload") == [0, 0, 300, 0]
    assert file.column("time_ns")[2] == 1_700_000_000_000_004_000
    assert file.summary.skipped == {Skipped.FRAGMENT: 1}
    assert (file.summary.reassembled, file.summary.packets, file.summary.tcp_packets) == (1, 6, 4)


@both_lives
def test_version_6_and_what_is_not_tcp(tmp_path: pathlib.Path, life: Life) -> None:
    def pieces(packet: bytes, following: int, identification: int) -> list[bytes]:
        head = struct.pack(">BBHI", following, 0, 1, identification), struct.pack(">BBHI", following, 0, 160, identification)
        return [ethernet(ipv6(head[0] + packet[:160], following=44), 0x86DD), ethernet(ipv6(head[1] + packet[160:], following=44), 0x86DD)]

    file = File(tmp_path, pcap(pieces(SEGMENT, 6, 1) + pieces(udp(bytes(300), dport=53), 17, 2)), life)
    assert (file.column("payload"), file.column("frame")) == ([300], [2])
    assert file.summary.skipped == {Skipped.NOT_TCP: 1}


@both_lives
def test_fragments_within_fragments(tmp_path: pathlib.Path, life: Life) -> None:
    inner = [ipv4(SEGMENT[:160], fragment=0x2000), ipv4(SEGMENT[160:], fragment=20)]
    frames = []
    for number, packet in enumerate(inner):
        frames += [
            ethernet(ipv4(packet[:80], protocol=4, fragment=0x2000, ip_id=50 + number)),
            ethernet(ipv4(packet[80:], protocol=4, fragment=10, ip_id=50 + number)),
        ]
    file = File(tmp_path, pcap(frames), life)
    assert (file.column("payload"), file.column("frame")) == ([300], [4])
    assert file.summary.reassembled == 3


@pytest.mark.parametrize("at", range(1, 11))
def test_going_on_compiled_in_the_middle_of_a_batch(tmp_path: pathlib.Path, at: int) -> None:
    path = tmp_path / "some.pcap"
    path.write_bytes(pcap([*FRAMES[:5], ethernet(b"\0" * 50, 0x0806), *FRAMES[5:]]))
    file = open_rows(str(path))
    first, rest = Life.INTERPRETED.rows(PACKET, at), Life.COMPILED.rows(PACKET, 20)
    assert file.fill(first, at) == at
    file.live(Life.COMPILED)
    assert file.fill(rest, 20) == 10 - at
    assert [row.seq for row in first] + [int(seq) for seq in rest["seq"][: 10 - at]] == list(range(10))
    summary = CaptureSummary()
    file.report(summary)
    assert (summary.packets, summary.tcp_packets, summary.skipped) == (11, 10, {Skipped.NOT_IP: 1})


def test_the_first_time_is_known_before_reading(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "some.pcap"
    path.write_bytes(pcap([(5, frame()), (4, frame())]))
    file = open_rows(str(path))
    assert (file.first_ns(), file.first_ns()) == (5000, 5000)
    assert file.fill(Life.INTERPRETED.rows(PACKET, 9), 9) == 2
    path.write_bytes(pcap([]))
    assert open_rows(str(path)).first_ns() == 0


def test_a_file_of_nothing_but_damage_is_given_up(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_GAPS", 5)
    data = section() + interface() + (struct.pack("<II", 6, 13) + block(5, b"")) * 50
    file = File(tmp_path, data, Life.INTERPRETED)
    assert (len(file.rows), len(file.damage)) == (0, 6)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (
            b"some text, and not even short; more of it, so that it is longer than any header",
            "not a capture file (pcap, pcapng, snoop or ERF)",
        ),
        (b"x", "not a capture file (pcap, pcapng, snoop or ERF)"),
        (pcap([])[:20], "the file ends within its header (at byte 20)"),
        (section()[:10], "the file ends within its header (at byte 10)"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\0", "the gzip data end too early (at byte 10)"),
    ],
)
def test_what_is_no_capture_is_said_and_closed(tmp_path: pathlib.Path, data: bytes, reason: str) -> None:
    path = tmp_path / "input"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        open_rows(str(path))
    assert str(caught.value) == f"{path}: {reason}"
