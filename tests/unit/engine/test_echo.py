from __future__ import annotations

from estab.engine.echo import echoed_ns
from estab.engine.isn import timestamp
from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.wire.segment import ACK, Segment
from tests.unit.engine.pair import Pair


def test_an_echo_tells_when_its_timestamp_was_made() -> None:
    client = Pair().open().client
    now_ns = 50 * SECOND_NS + 7
    made = timestamp(now_ns - 30 * MILLISECOND_NS, client.ts_offset)
    assert echoed_ns(client, Segment(0, 0, ACK, 0, tsval=1, tsecr=made), now_ns) == 50 * SECOND_NS - 30 * MILLISECOND_NS
    future = timestamp(now_ns + SECOND_NS, client.ts_offset)
    assert [echoed_ns(client, Segment(0, 0, ACK, 0, tsval=1, tsecr=odd), now_ns) for odd in (0, future)] == [None, None]
    assert echoed_ns(client, Segment(0, 0, ACK, 0), now_ns) is None
