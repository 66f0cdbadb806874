from __future__ import annotations

from estab.engine.occasion import Occasion
from estab.wire.segment import ACK, Segment


def test_an_occasion_begins_with_what_the_segment_holds() -> None:
    occasion = Occasion(5, Segment(1, 2, ACK, 3, b"text"), ecn=2)
    assert (occasion.now_ns, occasion.text, occasion.ecn, occasion.fin) == (5, b"text", 2, False)
    assert Occasion(5).text == b""
