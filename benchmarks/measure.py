"""Runs one program and says what it cost: wall time, processor time, memory, and how long its first word took."""

from __future__ import annotations

import os
import pathlib
import select
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

POLL_S = 0.1
"""Between looks at the memory of a run.  Each takes about a millisecond of a processor, which a program of several threads would miss."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took. `anonymous_mb` is memory of its own (mapped files left out), the peak over polls, with all descendants."""

    wall_s: float
    cpu_s: float
    resident_mb: float
    anonymous_mb: float
    first_word_s: float | None
    status: int


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Cost:
    """Runs a command with its output thrown away; raises FileNotFoundError where there is no such program."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, env=environment)
        assert process.stdout is not None
        first_word_s, anonymous_kb, polled = None, 0, 0.0
        with process.stdout as output:
            while True:
                ready, _, _ = select.select([output], [], [], POLL_S)
                if time.monotonic() - polled >= POLL_S:
                    anonymous_kb = max(anonymous_kb, sum(_anonymous_kb(pid) for pid in _family(process.pid)))
                    polled = time.monotonic()
                if ready:
                    if not os.read(output.fileno(), 1 << 16):
                        break
                    first_word_s = first_word_s or time.monotonic() - began
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, anonymous_kb / 1024, first_word_s, process.returncode)


def _family(pid: int) -> list[int]:
    """A process and its descendants, those that still run."""
    try:
        tasks = list(pathlib.Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return [pid]
    return [pid, *(member for child in children for member in _family(child))]


def _anonymous_kb(pid: int) -> int:
    """Anonymous and shared memory of a process: what `smaps_rollup` calls Anonymous, at a thousandth of the price."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in status.splitlines() if line.startswith(("RssAnon:", "RssShmem:")))
