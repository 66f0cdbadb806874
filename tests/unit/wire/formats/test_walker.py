"""What walkers have in common."""

from __future__ import annotations

from estab.lives import Life
from estab.wire.formats.pcap import PCAP_WALK, PcapWalker
from estab.wire.formats.walker import LARGEST_RECORD_BYTES, LARGEST_SNAP_BYTES, carried, snap_limit
from tests.unit.wire.frames import frame, pcap


def test_a_row_is_carried_into_the_other_life_and_back() -> None:
    walker = PcapWalker(pcap([frame()]))
    walker.state.position = 77
    there = carried(walker.state, PCAP_WALK, Life.COMPILED)
    back = carried(there, PCAP_WALK, Life.INTERPRETED)
    assert [int(getattr(there, name)) for name in PCAP_WALK.names or ()] == [getattr(back, name) for name in PCAP_WALK.names or ()]
    assert (back.position, back.largest) == (77, LARGEST_RECORD_BYTES)


def test_the_limit_follows_the_snap_length_within_bounds() -> None:
    assert snap_limit(0) == snap_limit(96) == LARGEST_RECORD_BYTES
    assert snap_limit(1_000_000) == 1_000_000
    assert snap_limit(0xFFFFFFFF) == LARGEST_SNAP_BYTES
