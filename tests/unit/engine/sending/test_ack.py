from __future__ import annotations

from estab.engine.sending.ack import Ack


def test_nothing_is_found_out_yet() -> None:
    ack = Ack(100, 50, 7, 3, None, 1_000)
    assert (ack.flags, ack.duplicates, ack.first_sack_ns, ack.sample.rtt_us, ack.sample.delivered) == (0, 0, -1, -1, -1)
    assert (ack.prior_una, ack.prior_delivered, ack.sample.prior_in_flight) == (50, 7, 3)
