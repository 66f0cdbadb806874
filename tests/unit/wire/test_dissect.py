"""The packet loop: batches, capacity, counters, and bytes of any kind."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from estab.lives import Life
from estab.wire.columns import PACKET
from estab.wire.dissect import dissect_records
from estab.wire.records import FRAGMENT, NO_TIME_YET, NOT_IP, PROGRESS, RECORD, SKIPPED
from tests.unit.wire import test_link, test_tunnel
from tests.unit.wire.frames import ACK, both_lives, dissect_with_progress, ethernet, frame, ipv4, tcp, values


class Batch:
    """Frames as a batch of records, and everything that the loop takes."""

    def __init__(self, life: Life, frames: list[tuple[int, bytes]], capacity: int) -> None:
        self.life, self.last, self.capacity = life, len(frames), capacity
        joined = b"".join(data for _, data in frames)
        self.data: Any = np.frombuffer(joined, np.uint8) if life is Life.COMPILED else joined
        self.records, self.rows = life.rows(RECORD, len(frames)), life.rows(PACKET, capacity)
        offset = 0
        for number, (time_ns, data) in enumerate(frames):
            record = life.row(RECORD)
            record.time_ns, record.offset, record.captured, record.original = time_ns, offset, len(data), len(data)
            record.frame = 11 + number
            record.link_type, record.interface = 1, 3
            self.records[number] = record
            offset += len(data)
        self.progress = life.row(PROGRESS)
        self.progress.first_ns = NO_TIME_YET
        self.skipped: Any = np.zeros(len(SKIPPED), np.int64) if life is Life.COMPILED else [0] * len(SKIPPED)

    def run(self) -> Any:
        self.life.kernel(dissect_records)(self.data, self.records, self.last, self.rows, self.capacity, self.progress, self.skipped)
        return self.progress

    def row(self, index: int) -> dict[str, int]:
        return values(self.rows[index])


@both_lives
def test_rows_are_numbered_by_record_and_others_are_counted(life: Life) -> None:
    batch = Batch(life, [(10, frame()), (20, ethernet(b"\0" * 40, 0x0806)), (30, frame(flags=ACK))], 8)
    progress = batch.run()
    assert (progress.position, progress.count, progress.records, progress.tcp) == (3, 2, 3, 2)
    assert [batch.row(index)["frame"] for index in range(2)] == [11, 13]
    assert [batch.row(index)["interface"] for index in range(2)] == [3, 3]
    assert batch.skipped[NOT_IP] == 1 and sum(batch.skipped) == 1
    assert (progress.first_ns, progress.last_ns, progress.highest_ns, progress.backward) == (10, 30, 30, 0)


@both_lives
def test_a_full_table_ends_the_run_and_the_next_goes_on(life: Life) -> None:
    batch = Batch(life, [(number, frame(seq=number)) for number in range(5)], 2)
    assert (batch.run().position, batch.progress.count) == (2, 2)
    assert batch.run().position == 2
    batch.progress.count = 0
    assert (batch.run().position, batch.row(0)["seq"], batch.row(0)["frame"]) == (4, 2, 13)


@both_lives
def test_a_fragment_interrupts(life: Life) -> None:
    batch = Batch(life, [(1, frame()), (2, ethernet(ipv4(tcp(), fragment=0x2000))), (3, frame())], 8)
    progress = batch.run()
    assert (progress.position, progress.count, progress.fragment, batch.skipped[FRAGMENT]) == (2, 1, 1, 1)
    assert batch.data[progress.fragment_at] == 0x45
    progress = batch.run()
    assert (progress.position, progress.count, progress.fragment) == (3, 2, 0)


@both_lives
def test_rows_out_of_order_are_noticed_and_records_without_time_are_no_first_time(life: Life) -> None:
    batch = Batch(life, [(0, frame()), (50, frame()), (40, frame()), (60, frame())], 8)
    progress = batch.run()
    assert (progress.backward, progress.first_ns, progress.last_ns) == (1, 40, 60)


SEEDS = [data for _, data, _ in test_link.CLOTHES.values()] + [data for data, _ in test_tunnel.TUNNELS.values()]


@pytest.mark.parametrize("part", range(4))
def test_mutated_frames_give_the_same_in_both_lives_and_never_crash(part: int) -> None:
    chance = random.Random(part)
    for _ in range(500):
        data = bytearray(chance.choice(SEEDS))
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = chance.choice((0, 1, 4, 0x45, 0x60, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        cut = chance.randrange(len(data) + 1) if chance.random() < 0.3 else len(data)
        link_type = chance.choice((1, 1, 1, 101, 113, 276, 0, 9, 107, 105, 127, 12, 51, 104))
        results = [dissect_with_progress(life, bytes(data), link_type, captured=cut) for life in Life]
        (one, reason, progress), (other, other_reason, other_progress) = results
        assert reason == other_reason
        if one is not None:
            assert values(one) == values(other)
        names = PROGRESS.names or ()
        assert [int(getattr(progress, name)) for name in names] == [int(getattr(other_progress, name)) for name in names]
