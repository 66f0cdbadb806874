"""Does a simulated transfer without losses of the link's own fill the link?

    python -m benchmarks.lab_rate [--only reno|cubic|bbr]

Each rate and round trip with each congestion control, the queue in front of the link one bandwidth-delay product long, buffers that limit
nothing.  Prints goodput over what the rate leaves for payload (1448 of 1500 bytes).  Status 1 where that is below 90 %, or above 100.5 %.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks.lab_transfer import FULL_PACKET_BYTES, MSS_BYTES, transfer
from estab.lab.units import bits_per_second

LINKS = (
    ("1Mbit", "50ms", 60.0),
    ("10Mbit", "10ms", 20.0),
    ("10Mbit", "100ms", 40.0),
    ("100Mbit", "5ms", 6.0),
    ("100Mbit", "50ms", 20.0),
    ("1Gbit", "1ms", 2.0),
)
"""Rate, delay one way, and virtual seconds; the first third is the beginning and not measured."""
CONTROLS = ("reno", "cubic", "bbr")
LEAST, MOST = 0.9, 1.005
"""What stood in the queue when measuring began arrives on top."""


def share_of_link(rate: str, goodput_bits_per_s: float) -> float:
    """Goodput over the most that the rate allows."""
    return goodput_bits_per_s / (bits_per_second(rate) * MSS_BYTES / FULL_PACKET_BYTES)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--only", choices=CONTROLS, help="one congestion control")
    given = ask.parse_args(arguments)
    print("| link | round trip | control | share of the link |\n| --- | --- | --- | --- |")
    missed = 0
    for rate, delay, seconds in LINKS:
        for congestion in (given.only,) if given.only else CONTROLS:
            done = transfer(rate=rate, delay=delay, seconds=seconds, congestion=congestion, warm_up_s=seconds / 3)
            share = share_of_link(rate, done.goodput_bits_per_s)
            missed += not LEAST <= share <= MOST
            print(f"| {rate} | {2 * int(delay.removesuffix('ms'))} ms | {congestion} | {share:.3f} |", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
