"""What a diagnosis of a host on which nothing happens costs beside the waiting, in a private network namespace.

    python -m benchmarks.quiet_host [--seconds N] [--repeat N]

Needs root (or CAP_NET_ADMIN and CAP_SYS_ADMIN) for the namespace, which ends with the run.  `diagnosis` is the processor time of both
readings, of all rules and of the wait between, in a process that has made one before; `command` that of all of `estab diagnose`, with the
start of the interpreter and everything that is imported.  `numpy alone` starts the interpreter and imports numpy.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from benchmarks.compare import spread
from benchmarks.live_sockets import private_network
from benchmarks.measure import run
from estab.instant import SECOND_NS
from estab.observe import HostRequest, analyse_host


def diagnosis_s(seconds: float) -> float:
    """Processor time of one diagnosis."""
    began = time.process_time()
    analyse_host(HostRequest(), round(seconds * SECOND_NS))
    return time.process_time() - began


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--seconds", type=float, default=5.0)
    ask.add_argument("--repeat", type=int, default=5)
    given = ask.parse_args(arguments)
    private_network()
    diagnosis_s(0.01)
    command = [sys.executable, "-m", "estab", "diagnose", "--for", f"{given.seconds}s"]
    rows: dict[str, list[float]] = {"diagnosis": [], "command": [], "numpy alone": []}
    for _ in range(given.repeat):
        rows["diagnosis"].append(diagnosis_s(given.seconds))
        rows["command"].append(run(command).cpu_s)
        rows["numpy alone"].append(run([sys.executable, "-c", "import numpy"]).cpu_s)
    print(f"{given.seconds} s between the readings\n\n| part | processor s | % of the time between |\n| --- | --- | --- |")
    for name, costs in rows.items():
        print(f"| {name} | {spread(costs, 3)} | {spread([100 * cost / given.seconds for cost in costs])} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
