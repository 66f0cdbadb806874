from __future__ import annotations

import pytest

from estab.capture.reader import Chunk
from estab.lives import Life, rows_to_table
from estab.report import packets
from estab.report.packets import PacketKeeper
from estab.track import Tracker
from estab.wire.columns import PACKET
from tests.rules.conversation import Capture


def tracked() -> Capture:
    capture = Capture()
    one, other = capture.talk(), capture.talk()
    one.open()
    other.client("S")
    one.client("PA", data=10)
    tracker = Tracker()
    tracker.feed(capture.rows, len(capture.rows), Life.INTERPRETED)
    return capture


@pytest.mark.parametrize("life", Life)
def test_only_the_packets_of_one_connection_are_kept_in_either_life(life: Life) -> None:
    capture = tracked()
    rows = rows_to_table(capture.rows, PACKET) if life is Life.COMPILED else capture.rows
    keeper = PacketKeeper(0)
    keeper(Chunk(rows, len(rows), life))
    assert [(packet.frame, packet.payload) for packet in keeper.packets] == [(1, 0), (2, 0), (3, 0), (5, 10)]
    assert type(keeper.packets[0].frame) is int and keeper.packets[0].states_sender


def test_rows_behind_the_count_are_not_looked_at() -> None:
    capture = tracked()
    keeper = PacketKeeper(0)
    keeper(Chunk(capture.rows, 2, Life.INTERPRETED))
    assert len(keeper.packets) == 2


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packets, "KEPT_MAX", 3)
    capture = tracked()
    keeper = PacketKeeper(0)
    keeper(Chunk(capture.rows, len(capture.rows), Life.INTERPRETED))
    assert len(keeper.packets) == 3 and keeper.left_out == 1


def test_a_packet_has_the_columns_and_nothing_else() -> None:
    capture = tracked()
    keeper = PacketKeeper(1)
    keeper(Chunk(capture.rows, len(capture.rows), Life.INTERPRETED))
    with pytest.raises(AttributeError, match="colour"):
        keeper.packets[0].colour  # noqa: B018
