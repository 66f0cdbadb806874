"""How long until the first word about a small capture, beginning with nothing: a new process, no compiled code.

    python -m benchmarks.first_word [--packets N] [--repeat N] [--capture FILE]

`cold` gives estab an empty cache folder each time; `warm` is the second run.  tshark beside it, in the same rounds.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import shutil
import sys
import tempfile
from collections.abc import Sequence

from benchmarks.compare import spread
from benchmarks.make_capture import make
from benchmarks.measure import Cost, run
from benchmarks.traffic import Order

ESTAB = [sys.executable, "-m", "estab"]


def rounds(capture: pathlib.Path, repeat: int, cache: pathlib.Path) -> dict[str, list[Cost]]:
    """Costs of each way to ask, one for each round."""
    costs: dict[str, list[Cost]] = {}
    for turn in range(repeat):
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["ESTAB_CACHE_DIR"] = str(cache / str(turn))
        asked = {
            "estab --help": [*ESTAB, "--help"],
            "estab diagnose, cold": [*ESTAB, "diagnose", str(capture)],
            "estab diagnose, warm": [*ESTAB, "diagnose", str(capture)],
        }
        if shutil.which("tshark"):
            asked["tshark -n -q -z conv,tcp"] = ["tshark", "-n", "-q", "-z", "conv,tcp", "-r", str(capture)]
            asked["tshark -n -r"] = ["tshark", "-n", "-r", str(capture)]
        for name, command in asked.items():
            cost = run(command, environment)
            if cost.status or cost.first_word_s is None:
                raise SystemExit(
                    f"{name} ended with status {cost.status} and said {'nothing' if cost.first_word_s is None else 'something'}"
                )
            costs.setdefault(name, []).append(cost)
    return costs


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("-n", "--packets", type=int, default=1_000)
    ask.add_argument("--repeat", type=int, default=5)
    ask.add_argument("--capture", type=pathlib.Path, help="this file instead of a made-up one")
    given = ask.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        capture = given.capture
        if capture is None:
            capture = pathlib.Path(folder) / "small.pcap"
            count = make(Order(packets=given.packets, connections=max(1, given.packets // 50)), capture, None)
            print(f"{count:,} packets\n")
        print("| program | first word s | end s | resident MB |\n| --- | --- | --- | --- |")
        for name, costs in rounds(capture, given.repeat, pathlib.Path(folder)).items():
            first = [cost.first_word_s for cost in costs if cost.first_word_s is not None]
            end, resident = [cost.wall_s for cost in costs], [cost.resident_mb for cost in costs]
            print(f"| {name} | {spread(first)} | {spread(end)} | {spread(resident, 0)} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
