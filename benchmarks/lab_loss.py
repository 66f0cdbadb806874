"""Does a sender under random losses send what its response function says?

    python -m benchmarks.lab_loss [--seeds N] [--rounds N] [--only reno|cubic]

Every data segment is lost with the same probability, whatever happened to others, on a link whose rate never limits; acknowledgements
are not lost.  Long runs, the beginning left out, several seeds.  Prints segments sent in a round trip, over the response function;
status 1 where a mean is further from it than 20 %.

Which functions, and why:

* `p` is the share of loss *events*: several losses within a round trip are one reduction, here as in both functions' models (RFC 5348 §5.2,
  RFC 9438 §5.1).  It is counted (recoveries and timeouts), and equals the link's probability only where that is small.  The last column
  has the ratio for the link's own probability all the same.
* Reno: the throughput equation of RFC 5348 §3.1, which is the square root law with the time spent in timeouts.  `b` = 1: the window grows
  by one segment a round trip however many ACKs come, because acknowledged segments are counted and not ACKs (RFC 3465, Linux), so that
  delayed ACKs cost nothing and the constant is sqrt(3/2) = 1.22.  (For losses at random instead of regular ones the constant is 1.31, for
  a long window now and then is worth more than short ones cost; that is within the bound.)  t_RTO is a round trip + 200 ms, as in Linux.
* CUBIC: the mean window of RFC 9438 §5.1, 1.054 RTT^(3/4) / p^(3/4) with C = 0.4 and beta = 0.7, where Reno's is smaller; else Reno's, for
  then CUBIC is in its Reno-friendly region.  So there are two round trips, one for each region.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections.abc import Sequence

from benchmarks.lab_transfer import Transferred, transfer
from estab.lab.loss import Bernoulli

LOSSES = (0.001, 0.003, 0.01, 0.03)
CASES = (("reno", "50ms"), ("cubic", "50ms"), ("cubic", "200ms"))
"""Control, and delay one way."""
ROUNDS = 4_000
"""Round trips of one run; the first tenth is left out."""
RTO_MIN_S = 0.2
"""What Linux adds to a round trip that never varies (tcp_rto_min_us)."""
BOUND = 0.2


def reno_segments(p: float, rtt_s: float) -> float:
    """Segments in a round trip: RFC 5348 §3.1 with b = 1."""
    by_windows = rtt_s * math.sqrt(2 * p / 3)
    by_timeouts = (rtt_s + RTO_MIN_S) * min(1.0, 3 * math.sqrt(3 * p / 8)) * p * (1 + 32 * p**2)
    return rtt_s / (by_windows + by_timeouts)


def cubic_segments(p: float, rtt_s: float) -> float:
    """Segments in a round trip: RFC 9438 §5.1, and Reno's where that is more (§4.3)."""
    beta, c = 0.7, 0.4
    return max(reno_segments(p, rtt_s), math.pow(c * (3 + beta) / (4 * (1 - beta)), 0.25) * math.pow(rtt_s / p, 0.75))


RESPONSE = {"reno": reno_segments, "cubic": cubic_segments}


def run(congestion: str, delay: str, loss: float, seed: int, rounds: int) -> Transferred:
    """One run of so many round trips."""
    seconds = rounds * rtt_of(delay)
    return transfer(
        rate="10Gbit", delay=delay, seconds=seconds, congestion=congestion, loss=Bernoulli(loss), warm_up_s=seconds / 10, seed=seed
    )


def rtt_of(delay: str) -> float:
    """The round trip of the empty link, in seconds."""
    return 2 * int(delay.removesuffix("ms")) / 1000


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--seeds", type=int, default=2, metavar="N", help="runs of each case (2)")
    ask.add_argument("--rounds", type=int, default=ROUNDS, metavar="N", help=f"round trips of a run ({ROUNDS})")
    ask.add_argument("--only", choices=sorted(RESPONSE), help="one congestion control")
    given = ask.parse_args(arguments)
    print("| control | round trip | loss | events | timeouts | segments a round trip | of the function | with the link's p |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    missed = 0
    for congestion, delay in CASES:
        if given.only not in {None, congestion}:
            continue
        rtt_s = rtt_of(delay)
        for loss in LOSSES:
            runs = [run(congestion, delay, loss, seed, given.rounds) for seed in range(1, given.seeds + 1)]
            sent = statistics.mean(done.segments_per_rtt for done in runs)
            events = statistics.mean(done.event_share for done in runs)
            ratio = sent / RESPONSE[congestion](events, rtt_s)
            missed += abs(ratio - 1) > BOUND
            timeouts = sum(done.timeouts for done in runs)
            print(
                f"| {congestion} | {rtt_s * 1000:.0f} ms | {loss:.1%} | {events:.2%} | {timeouts} | {sent:.1f} | {ratio:.3f} |"
                f" {sent / RESPONSE[congestion](loss, rtt_s):.3f} |",
                flush=True,
            )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
