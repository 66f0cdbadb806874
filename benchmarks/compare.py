"""Full trace and diagnosis beside the peers, on one capture, in one run.

    python -m benchmarks.compare [--packets N] [--connections N] [--repeat N] [--only NAME …] [--capture FILE]

Every round runs every program once, so that a slow minute of the machine hits all of them.  The capture is in memory-backed storage
or the page cache before the first round, and estab has its compiled code.  Prints Markdown.
"""

from __future__ import annotations

import argparse
import pathlib
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence

from benchmarks.make_capture import make
from benchmarks.measure import Cost, run
from benchmarks.traffic import Order

PROGRAMS: dict[str, Callable[[str], list[str]]] = {
    "estab diagnose": lambda capture: [sys.executable, "-m", "estab", "diagnose", capture],
    "estab trace --json": lambda capture: [sys.executable, "-m", "estab", "trace", "--json", capture],
    # Without looking up names: the peers shall not wait for a name server.
    "tshark -n -q -z conv,tcp": lambda capture: ["tshark", "-n", "-q", "-z", "conv,tcp", "-r", capture],
    "tcptrace -n -l": lambda capture: ["tcptrace", "-n", "-l", capture],
}
BASE = "estab diagnose"


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median, with least and most in brackets: `1.20 (1.10–1.40)`."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def table(costs: dict[str, list[Cost]]) -> str:
    """The Markdown table; ratios are taken within each round, against the first program that is estab."""
    base = costs.get(BASE) or next(iter(costs.values()))
    lines = [
        "| program | wall s | × estab | processor s | resident MB | own memory MB |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, runs in costs.items():
        ratios = [cost.wall_s / other.wall_s for cost, other in zip(runs, base, strict=True)]
        cells = [
            name,
            spread([cost.wall_s for cost in runs]),
            spread(ratios),
            spread([cost.cpu_s for cost in runs]),
            spread([cost.resident_mb for cost in runs], 0),
            spread([cost.anonymous_mb for cost in runs], 0),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def compare(capture: pathlib.Path, names: Sequence[str], repeat: int) -> dict[str, list[Cost]]:
    """The costs of each program, one for each round; a program that fails is an error, one that is missing is left out."""
    present = [name for name in names if shutil.which(PROGRAMS[name](str(capture))[0])]
    for name in set(names) - set(present):
        print(f"not installed: {name}", file=sys.stderr)
    costs: dict[str, list[Cost]] = {name: [] for name in present}
    for name in present:
        if name.startswith("estab"):  # the one-time compilation is not part of what is measured here
            run(PROGRAMS[name](str(capture)))
    for turn in range(repeat):
        for name in present:
            cost = run(PROGRAMS[name](str(capture)))
            if cost.status:
                raise SystemExit(f"{name} ended with status {cost.status}")
            costs[name].append(cost)
            print(f"round {turn + 1} {name}: {cost.wall_s:.2f} s", file=sys.stderr)
    return costs


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("-n", "--packets", type=int, default=10_000_000)
    ask.add_argument("-c", "--connections", type=int, default=0, help="default: one for each 50 packets")
    ask.add_argument("--repeat", type=int, default=3)
    ask.add_argument("--only", action="append", default=[], help="programs whose name contains this; may be given several times")
    ask.add_argument("--capture", type=pathlib.Path, help="this file instead of a made-up one")
    ask.add_argument("--folder", type=pathlib.Path, help="where the made-up capture is written, and removed again")
    given = ask.parse_args(arguments)
    names = [name for name in PROGRAMS if not given.only or any(part in name for part in given.only)]
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        capture = given.capture
        if capture is None:
            capture = pathlib.Path(folder) / "made.pcap"
            connections = given.connections or max(1, given.packets // 50)
            count = make(Order(packets=given.packets, connections=connections, duration_s=max(10.0, given.packets / 20_000)), capture, None)
            print(f"{count:,} packets, {connections:,} connections, {capture.stat().st_size / 1e6:,.0f} MB\n")
        _warm(capture)
        print(table(compare(capture, names, given.repeat)))
    return 0


def _warm(capture: pathlib.Path) -> None:
    """Reads the file once, so that nobody waits for a disk."""
    with capture.open("rb", buffering=0) as stream:
        while stream.read(1 << 24):
            pass


if __name__ == "__main__":
    sys.exit(main())
