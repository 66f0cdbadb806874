"""The reader over laboratory captures and over files of every kind: rows against tshark's, both lives, threads, damage, hostile bytes."""

from __future__ import annotations

import collections
import gzip
import io
import itertools
import json
import pathlib
import random
import threading
from typing import Any

import numpy as np
import pytest

from estab.capture import feed
from estab.capture.reader import Reader
from estab.errors import EstabError, InputError, MisuseError
from estab.flow import spell_address
from estab.lives import Life
from estab.wire.columns import KIND_TCP, PACKET, Skipped
from tests.conftest import ROOT
from tests.unit.capture.rows import differing, read_all
from tests.unit.wire.frames import both_lives, enhanced, frame, interface, pcap, section

CAPTURES = ROOT / "tests" / "data" / "captures"
TSHARK: dict[str, dict[str, Any]] = json.loads((ROOT / "tests" / "data" / "tshark_counts.json").read_text(encoding="utf-8"))
NOT_CAPTURES = {"fmt-zero-bytes.pcap", "fmt-not-a-capture.pcap"}
# tshark counts a header of impossible length as a segment, and one of which the snap length kept 6 bytes.
MALFORMED_FOR_US = {"fmt-bitrot.pcap.gz": 3, "fmt-snap40.pcap": 42}
LAB = sorted(set(TSHARK) - NOT_CAPTURES)


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]


def connections_of(rows: np.ndarray[Any, Any]) -> dict[Any, list[int]]:
    """Packets and payload per direction of each pair of endpoints, in the order of the endpoints."""
    found: dict[Any, list[int]] = collections.defaultdict(lambda: [0, 0, 0, 0])
    for row in rows[rows["kind"] == KIND_TCP]:
        a, b = (
            (spell_address(tuple(int(row[f"{end}{word}"]) for word in range(4))), int(row[port]))
            for end, port in (("src", "sport"), ("dst", "dport"))
        )
        side = 0 if a <= b else 1
        entry = found[min(a, b), max(a, b)]
        entry[side] += 1
        entry[2 + side] += int(row["payload"])
    return dict(found)


def tsharks_connections(name: str) -> dict[Any, list[int]]:
    found: dict[Any, list[int]] = collections.defaultdict(lambda: [0, 0, 0, 0])
    for a, a_port, b, b_port, *numbers in TSHARK[name]["connections"]:
        one, other = (a, a_port), (b, b_port)
        swap = 0 if one <= other else 1
        entry = found[min(one, other), max(one, other)]
        for index, number in enumerate(numbers):
            entry[index ^ swap] += number
    return dict(found)


@pytest.mark.parametrize("name", LAB)
def test_the_same_packets_as_tshark_and_the_same_in_both_lives(name: str) -> None:
    rows, summary = read_all([CAPTURES / name], life=Life.INTERPRETED)
    compiled, compiled_summary = read_all([CAPTURES / name], life=Life.COMPILED)
    assert differing(rows, compiled) == []
    assert summary == compiled_summary
    missing = MALFORMED_FOR_US.get(name, 0)
    assert summary.tcp_packets == int((rows["kind"] == KIND_TCP).sum()) == TSHARK[name]["tcp_packets"] - missing
    if not missing:
        assert connections_of(rows) == tsharks_connections(name)
    assert (np.diff(rows["time_ns"]) >= 0).all()
    assert summary.packets == len(rows) + sum(summary.skipped.values()) and summary.finished


@pytest.mark.parametrize("name", sorted(NOT_CAPTURES))
def test_what_is_no_capture_is_refused_in_a_line(name: str) -> None:
    with pytest.raises(InputError, match=name) as caught:
        Reader([CAPTURES / name])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("fmt-bad-caplen.pcap.gz", "impossible length"),
        ("fmt-cut-midheader.pcap.gz", "in the middle of a record"),
        ("fmt-cut-midpacket.pcap.gz", "in the middle of a record"),
        ("fmt-gzip-cut.pcap.gz", "gzip data end too early, at byte 1034"),
    ],
)
def test_damage_is_told_with_its_place(name: str, damage: str) -> None:
    _, summary = read_all([CAPTURES / name])
    assert len(summary.damage) == 1
    assert damage in str(summary.damage[0]) and name in str(summary.damage[0]) and "at byte" in str(summary.damage[0])


def test_what_the_formats_want_to_be_said() -> None:
    _, snapped = read_all([CAPTURES / "fmt-snap54.pcap.gz"])
    assert snapped.snap_length == 54 and snapped.cut_packets == 542
    _, headers = read_all([CAPTURES / "fmt-snap40.pcap"])
    assert headers.skipped == {Skipped.TRUNCATED: 42} and headers.cut_packets == 42
    _, simple = read_all([CAPTURES / "fmt-pcapng-spb.pcapng.gz"])
    assert [str(note).split(": ")[1] for note in simple.notes] == ["42 packets carry no time"]
    _, backwards = read_all([CAPTURES / "fmt-time-backwards.pcap.gz"])
    assert len(backwards.notes) == 1 and "stepped back by" in str(backwards.notes[0])
    rows, empty = read_all([CAPTURES / "fmt-empty.pcap"])
    assert (len(rows), empty.packets, empty.damage, empty.notes) == (0, 0, [], [])


def test_shuffled_records_come_in_the_order_of_time() -> None:
    rows, summary = read_all([CAPTURES / "fmt-shuffled.pcap.gz"])
    plain, _ = read_all([CAPTURES / "fmt-nano.pcap.gz"])
    assert summary.notes == []
    assert (rows["frame"] != np.arange(1, len(rows) + 1)).any()
    assert (rows["seq"] == plain["seq"]).all()


def test_rotated_files_are_one_capture() -> None:
    parts = [CAPTURES / "fmt-ring_00002.pcap.gz", CAPTURES / "fmt-ring_00001.pcap.gz"]
    rows, summary = read_all(parts)
    plain, _ = read_all([CAPTURES / "fmt-bigendian.pcap.gz"])
    assert differing(rows, plain) == []
    assert (summary.packets, summary.files) == (42, [str(part) for part in parts])


MIXED = ["fmt-shuffled.pcap.gz", "fmt-time-backwards.pcap.gz", "fmt-pcapng-two-interfaces.pcapng.gz", "fmt-bitrot.pcap.gz"]


@pytest.mark.parametrize("names", [[name] for name in MIXED] + [MIXED], ids="+".join)
def test_rows_do_not_depend_on_the_size_of_chunks(names: list[str]) -> None:
    paths = [CAPTURES / name for name in names]
    whole, summary = read_all(paths, chunk_rows=100_000, life=Life.INTERPRETED)
    for chunk_rows, life in itertools.product((1, 7, 5000), Life):
        rows, other = read_all(paths, chunk_rows=chunk_rows, life=life)
        assert differing(whole, rows) == []
        assert other == summary


def test_chunks_are_no_larger_than_asked_for() -> None:
    sizes = [chunk.count for chunk in Reader([CAPTURES / "mixed_30.client.pcap"], chunk_rows=100)]
    assert set(sizes[:-1]) == {100} and 0 < sizes[-1] <= 100


def many(count: int, start: int = 0) -> bytes:
    return pcap([(1_000_000 + number, frame(seq=number)) for number in range(start, start + count)])


def test_a_large_input_of_unknown_size_goes_on_compiled(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "some.gz"
    path.write_bytes(gzip.compress(many(30_000), 1))
    lives, seqs = [], []
    for chunk in Reader([path]):
        lives.append(chunk.life)
        table = chunk.rows[: chunk.count]
        seqs += [int(seq) for seq in table["seq"]] if chunk.life is Life.COMPILED else [row.seq for row in table]
    assert seqs == list(range(30_000))
    assert lives == sorted(lives, key=list(Life).index) and set(lives) == set(Life)
    assert threads() == []


def test_a_large_plain_file_is_compiled_from_the_start(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "COMPILED_FROM_BYTES", 1000)
    path = tmp_path / "some.pcap"
    path.write_bytes(many(100))
    assert {chunk.life for chunk in Reader([path])} == {Life.COMPILED}
    path.write_bytes(many(3))
    assert {chunk.life for chunk in Reader([path])} == {Life.INTERPRETED}


def test_standard_input_runs_in_no_thread() -> None:
    data = many(20_000)
    reader = Reader(["-"], stdin=io.BytesIO(data), life=Life.COMPILED)
    count = 0
    for chunk in reader:
        assert threads() == []
        count += chunk.count
    assert (count, reader.summary.size_bytes, reader.summary.files) == (20_000, len(data), ["-"])


@pytest.fixture
def large(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "large.pcap"
    path.write_bytes(many(60_000))
    return path


def test_an_iterator_that_is_dropped_leaves_no_thread(large: pathlib.Path) -> None:
    for chunk in Reader([large], life=Life.COMPILED, chunk_rows=5000):
        assert chunk.count and threads() == ["estab-read-ahead"]
        break
    assert threads() == []


def test_a_consumer_that_fails_leaves_no_thread_and_a_partial_summary(large: pathlib.Path) -> None:
    reader = Reader([large], life=Life.COMPILED, chunk_rows=5000)

    def consume() -> None:
        with reader:
            for _ in reader:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        consume()
    assert threads() == []
    assert 5000 <= reader.summary.packets < 60_000 and not reader.summary.finished


def test_tables_are_recycled(large: pathlib.Path) -> None:
    reader = Reader([large], life=Life.COMPILED, chunk_rows=4096)
    seen = {chunk.rows.__array_interface__["data"][0] for chunk in reader}
    assert len(seen) <= 12  # 60,000 rows are 15 blocks; some are held back for late rows


def test_a_reader_that_is_never_read_can_be_closed(large: pathlib.Path) -> None:
    reader = Reader([large])
    reader.close()
    assert reader.summary.packets == 0 and not reader.summary.finished


def test_iterating_twice_goes_on() -> None:
    reader = Reader([CAPTURES / "mixed_30.client.pcap"], chunk_rows=10)
    chunks = iter(reader)
    first = next(chunks).rows[0].frame
    assert next(iter(reader)).rows[0].frame > first


@pytest.mark.parametrize(("sources", "chunk_rows"), [([], 10), (["-"], 0)])
def test_misuse_is_said(sources: list[str], chunk_rows: int) -> None:
    with pytest.raises(MisuseError):
        Reader(sources, chunk_rows=chunk_rows)


def test_one_bad_file_of_several_refuses_all(large: pathlib.Path, tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        Reader([large, tmp_path / "nowhere"])


SEEDS = {
    "pcap": many(40),
    "pcap-big-endian": pcap([frame(b"x" * size) for size in range(20)], order=">", magic=0xA1B23C4D),
    "pcapng": section()
    + interface()
    + b"".join(enhanced(frame(b"y" * size), size) for size in range(20))
    + section(">")
    + interface(order=">"),
    "gzip": gzip.compress(many(40)),
}


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Bytes flipped, lengths falsified, parts cut out or doubled, the end cut off."""
    result = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(result))
        kind = chance.randrange(5)
        if kind == 0:
            result[at] = chance.randrange(256)
        elif kind == 1:
            result[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0", b"\0\0\x04\0", b"\x10\0\0\0"))
        elif kind == 2:
            del result[at : at + chance.randrange(1, 30)]
        elif kind == 3:
            result[at:at] = result[at : at + chance.randrange(1, 80)]
        else:
            del result[at + 1 :]
    return bytes(result)


@pytest.mark.parametrize("kind", SEEDS)
def test_hostile_files_give_the_same_in_both_lives_and_never_crash_or_hang(kind: str, tmp_path: pathlib.Path) -> None:
    chance = random.Random(kind)
    path = tmp_path / "hostile"
    outcomes: collections.Counter[str] = collections.Counter()
    for _ in range(500):
        path.write_bytes(mutated(SEEDS[kind], chance))
        results: list[Any] = []
        for life in Life:
            try:
                results.append(read_all([path], life=life, chunk_rows=16))
            except EstabError as problem:
                results.append(str(problem))
        one, other = results
        if isinstance(one, str):
            assert one == other
            outcomes["refused"] += 1
        else:
            assert differing(one[0], other[0]) == [] and one[1] == other[1]
            assert (np.diff(one[0]["time_ns"]) >= 0).all()
            outcomes["damaged" if one[1].damage else "read"] += 1
    assert outcomes["damaged"] > 100 and outcomes["read"] > 0


@both_lives
def test_a_row_has_every_field_set(life: Life) -> None:
    """Tables are recycled: what a table held before must not show."""
    first, _ = read_all([CAPTURES / "fmt-ipv6.pcap.gz"], life=life)
    reader = Reader([CAPTURES / "fmt-ipv6.pcap.gz"], life=life)
    pool = reader._pool
    original = pool.take

    def dirty(life: Life, most_rows: int) -> Any:
        block = original(life, most_rows)
        for row in block.rows:
            for name in PACKET.names or ():
                if life is Life.COMPILED:
                    row[name] = 77
                else:
                    setattr(row, name, 77)
        return block

    pool.take = dirty  # type: ignore[method-assign]
    for chunk in reader:
        if life is Life.COMPILED:
            assert differing(chunk.rows[: chunk.count], first) == []
        else:
            assert [tuple(getattr(row, name) for name in PACKET.names or ()) for row in chunk.rows[: chunk.count]] == first.tolist()
