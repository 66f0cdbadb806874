"""One file as blocks in time order."""

from __future__ import annotations

import pathlib

import pytest

from estab.capture import feed as module
from estab.capture.feed import FileFeed, LifeChoice
from estab.capture.order import Block
from estab.capture.pool import BlockPool
from estab.capture.rows import open_rows
from estab.capture.summary import CaptureSummary
from estab.lives import Life
from tests.unit.capture.rows import column
from tests.unit.wire.frames import both_lives, ethernet, frame, pcap


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    """Twenty packets; the last of each five is late."""
    path = tmp_path / "some.pcap"
    path.write_bytes(pcap([(1_000_000 + number - (3 if number % 5 == 4 else 0), frame(seq=number)) for number in range(20)]))
    return path


def feed_of(path: pathlib.Path, life: Life | None, rows: int = 4) -> tuple[FileFeed, CaptureSummary]:
    summary = CaptureSummary()
    return FileFeed(open_rows(str(path)), BlockPool(rows, rows), LifeChoice(life), summary), summary


def blocks_of(feed: FileFeed) -> list[Block]:
    blocks = []
    while (block := feed.next_block()) is not None:
        blocks.append(block)
    return blocks


@both_lives
def test_blocks_in_order_and_a_report_at_the_end(path: pathlib.Path, life: Life) -> None:
    feed, summary = feed_of(path, life)
    blocks = blocks_of(feed)
    times = [time for block in blocks for time in column(block, "time_ns")]
    assert times == sorted(times) and len(times) == 20
    assert [block.count for block in blocks] == [4, 4, 4, 4, 4]
    assert (summary.packets, summary.tcp_packets, feed.frames()) == (20, 20, 20)
    feed.report()
    assert summary.packets == 20
    assert feed.next_block() is None


def test_the_life_is_asked_for_at_each_block(path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COMPILED_AFTER_ROWS", 7)
    blocks = blocks_of(feed_of(path, None)[0])
    frames = [frame for block in blocks for frame in column(block, "frame")]
    assert frames == [1, 2, 5, 3, 4, 6, 7, 10, 8, 9, 11, 12, 15, 13, 14, 16, 17, 20, 18, 19]
    assert blocks[-1].life is Life.COMPILED
    path.write_bytes(pcap([(10_000_000 * number + 1, frame(seq=number)) for number in range(20)]))
    lives = [block.life for block in blocks_of(feed_of(path, None)[0])]
    assert lives == [Life.INTERPRETED] * 2 + [Life.COMPILED] * 3


def test_which_life() -> None:
    choice = LifeChoice(None)
    assert choice.now() is Life.INTERPRETED
    choice.rows = module.COMPILED_AFTER_ROWS + 1
    assert choice.now() is Life.COMPILED
    choice = LifeChoice(None)
    choice.plain_bytes = module.COMPILED_FROM_BYTES
    assert choice.now() is Life.COMPILED
    forced = LifeChoice(Life.INTERPRETED)
    forced.plain_bytes = 10 * module.COMPILED_FROM_BYTES
    assert forced.now() is Life.INTERPRETED


def test_a_report_in_the_middle_says_what_was_read(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "slow.pcap"
    path.write_bytes(pcap([(10_000_000 * number + 1, frame(seq=number)) for number in range(400)]))
    feed, summary = feed_of(path, Life.INTERPRETED)
    assert feed.next_block() is not None
    feed.report()
    assert 4 <= summary.packets < 400 and not summary.finished


def test_a_file_without_rows(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "some.pcap"
    path.write_bytes(pcap([ethernet(b"\0" * 50, 0x0806)] * 3))
    feed, summary = feed_of(path, Life.INTERPRETED)
    assert feed.next_block() is None
    assert (feed.frames(), summary.packets) == (3, 3)
