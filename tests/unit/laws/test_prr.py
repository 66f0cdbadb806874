from __future__ import annotations

from estab.laws.prr import sendable


def run(*, packets: int, cwnd: int, ssthresh: int, lost: int, acks: int) -> list[int]:
    """Segments let out for each duplicate ACK that reports one more arrival; `lost` are missing at the front and not in flight."""
    flight, out, counts = packets - lost - 1, 0, []
    for delivered in range(1, acks + 1):
        flight -= delivered > 1
        count = sendable(
            ssthresh=ssthresh,
            in_flight=flight,
            prior_cwnd=cwnd,
            delivered=delivered,
            out=out,
            newly_delivered=1,
            advanced=False,
            newly_lost=lost if delivered == 1 else 0,
        )
        counts.append(count)
        out += count
        flight += count
    return counts


def test_the_first_answer_is_a_retransmission_and_then_a_share_until_ssthresh() -> None:
    # 20 segments, one lost, ssthresh 10: half of the window, so every second arrival lets one out.
    counts = run(packets=20, cwnd=20, ssthresh=10, lost=1, acks=16)
    assert counts[:10] == [1, 0, 1, 0, 1, 0, 1, 0, 1, 0]
    assert sum(counts) == 8


def test_below_ssthresh_as_much_leaves_as_arrives() -> None:
    # So much was lost at once that the flight is below ssthresh: conservation, one for one.
    assert run(packets=20, cwnd=20, ssthresh=10, lost=15, acks=4) == [1, 1, 1, 1]


def test_progress_without_new_losses_lets_one_more_out_but_not_beyond_ssthresh() -> None:
    known = {"ssthresh": 10, "prior_cwnd": 20, "delivered": 5, "out": 5, "newly_delivered": 1}
    assert sendable(in_flight=5, advanced=True, newly_lost=0, **known) == 2
    assert sendable(in_flight=5, advanced=True, newly_lost=1, **known) == 1
    assert sendable(in_flight=9, advanced=True, newly_lost=0, **known) == 1
    assert sendable(in_flight=10, advanced=True, newly_lost=0, **known) == 0
