from __future__ import annotations

from estab.engine.events import WRITE_ROOM
from estab.engine.options import Settings
from estab.engine.sending_part import unwrapped_blocks
from estab.machine.states import State
from estab.wire.segment import ACK, Segment
from tests.unit.engine.configs import config
from tests.unit.engine.named import in_state
from tests.unit.engine.pair import Pair


def test_blocks_become_positions_and_empty_ones_go() -> None:
    near = (1 << 32) + 5
    segment = Segment(0, 0, ACK, 0, sack=((0xFFFFFFFE, 3), (10, 20), (20, 20), (30, 25)))
    assert unwrapped_blocks(segment, near) == (((1 << 32) - 2, (1 << 32) + 3), ((1 << 32) + 10, (1 << 32) + 20))
    assert unwrapped_blocks(Segment(0, 0, ACK, 0), near) == ()


def test_what_is_written_before_the_handshake_ends_waits_within_the_buffer() -> None:
    named = in_state(State.SYN_SENT, made=config(settings=Settings(sndbuf_bytes=1000)))
    assert [named.connection.write(bytes(600), named.now_ns) for _ in range(3)] == [600, 400, 0]
    assert named.connection.write_room_bytes == 0
    named.gets(18)
    assert named.connection.sender is not None and named.connection.sender.write_seq == named.connection.iss + 1 + 1000


def test_room_that_was_asked_for_is_told() -> None:
    pair = Pair().open()
    taken = pair.client.write(bytes(10_000_000), pair.now_ns)
    assert 0 < taken < 10_000_000
    pair.run(until=lambda: WRITE_ROOM in pair.events["client"])
    assert WRITE_ROOM in pair.events["client"] and pair.client.sender is not None
    assert pair.client.sender.is_writable()  # told any earlier, poll() would not agree, and nobody would tell again
    assert pair.client.write(b"more", pair.now_ns) > 0
