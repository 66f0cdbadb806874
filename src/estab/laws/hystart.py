"""When to leave slow start before a loss: Linux's HyStart, and HyStart++ (RFC 9406)."""

from __future__ import annotations

# HyStart, net/ipv4/tcp_cubic.c
LOW_WINDOW = 16
MIN_SAMPLES = 8
ACK_SPACING_US = 2_000
LEAST_THRESHOLD_US, MOST_THRESHOLD_US = 4_000, 16_000

# HyStart++, RFC 9406 §4.3
MIN_RTT_THRESH_US, MAX_RTT_THRESH_US = 4_000, 16_000
MIN_RTT_DIVISOR = 8
N_RTT_SAMPLE = 8
CSS_GROWTH_DIVISOR = 4
CSS_ROUNDS = 5


def delay_grew(current_us: int, smallest_us: int) -> bool:
    """HyStart's second sign: the round's smallest delay lies an eighth above the connection's (4 to 16 ms): a queue builds up."""
    return current_us > smallest_us + min(max(smallest_us >> 3, LEAST_THRESHOLD_US), MOST_THRESHOLD_US)


def train_limit_us(delay_min_us: int, pacing_rate_bytes_per_s: int, *, paced: bool) -> int:
    """HyStart's first sign: ACKs that came closely one after the other for longer than this, the train fills the path.

    Half of the smallest round trip where nothing paces; what one large segment takes at the present rate is allowed for.
    """
    allowance = min(1_000, 65_536 * 4 * 1_000_000 // pacing_rate_bytes_per_s) if pacing_rate_bytes_per_s else 0
    limit = delay_min_us + allowance
    return limit if paced else limit >> 1


def rtt_threshold_us(last_round_us: int) -> int:
    """RttThresh of RFC 9406 §4.2: a clamped eighth of the last round's smallest delay.

    >>> rtt_threshold_us(10_000), rtt_threshold_us(80_000), rtt_threshold_us(400_000)
    (4000, 10000, 16000)
    """
    return max(MIN_RTT_THRESH_US, min(last_round_us // MIN_RTT_DIVISOR, MAX_RTT_THRESH_US))


def enters_conservative(current_us: int, last_round_us: int) -> bool:
    """Slow start turns conservative (RFC 9406 §4.2): the delay has risen by RttThresh since the round before."""
    return current_us >= last_round_us + rtt_threshold_us(last_round_us)
