"""RSTs for what fits no connection."""

from __future__ import annotations

from estab.engine.stray import back_to_sender, reset_for
from estab.wire.segment import ACK, FIN, RST, SYN, Packet, Segment


def test_the_reset_of_a_segment_without_ack_acknowledges_all_of_it() -> None:
    assert reset_for(Segment(100, 7, SYN, 500)) == Segment(0, 101, RST | ACK, 0)
    assert reset_for(Segment(0xFFFFFFFF, 7, FIN, 500, b"abc")) == Segment(0, 3, RST | ACK, 0)


def test_the_reset_of_a_segment_with_ack_has_the_number_that_was_acknowledged() -> None:
    assert reset_for(Segment(100, 7, ACK, 500, b"abc")) == Segment(7, 0, RST, 0)


def test_a_reset_is_never_answered() -> None:
    assert reset_for(Segment(100, 7, RST, 0)) is None and reset_for(Segment(100, 7, RST | ACK, 0)) is None


def test_an_answer_goes_where_the_packet_came_from() -> None:
    answer = back_to_sender(Packet("10.0.0.1", 40_000, "10.0.0.2", 80, Segment(1, 2, ACK, 3)), Segment(2, 1, ACK, 4))
    assert (answer.source, answer.source_port, answer.destination, answer.destination_port) == ("10.0.0.2", 80, "10.0.0.1", 40_000)
