"""One command for everything that must hold: `python tools/check.py [--fast] [--only NAME …]`.

Runs the checks with the Python that runs this file, shows the whole output of those that fail, and ends with one line for each.
Needs the `dev` extra of the project and, for itself, nothing but the standard library.
"""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Check:
    """A command that ends with status 0 where all is well; `slow` ones are left out by `--fast`."""

    name: str
    what: str
    arguments: tuple[str, ...]
    slow: bool = False


CHECKS = (
    Check("format", "the formatter would change nothing", ("-m", "ruff", "format", "--check", ".")),
    Check("lint", "no lint", ("-m", "ruff", "check", ".")),
    Check("types", "strict types on source, tests and tools", ("-m", "mypy")),
    Check("style", "import direction, worldly calls, sizes, texts and documents in step", ("-m", "pytest", "-q", "tests/style")),
    Check("tests", "all tests", ("-m", "pytest", "-q", "-n", "auto"), slow=True),
    Check("fuzz", "a slice of damaged captures", ("-m", "tools.fuzz", "--cases", "2000", "--life", "both"), slow=True),
)


def run(check: Check) -> tuple[bool, float]:
    """Whether a check holds, and how many seconds it took; its output is shown where it does not hold."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, *check.arguments], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(f"--- {check.name}: {' '.join(check.arguments)}\n{done.stdout}{done.stderr}", flush=True)
    return done.returncode == 0, time.monotonic() - began


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; status 1 where a check fails."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--fast", action="store_true", help="leave out what takes minutes: " + ", ".join(c.name for c in CHECKS if c.slow))
    ask.add_argument("--only", action="append", choices=[check.name for check in CHECKS], help="may be given several times")
    given = ask.parse_args(arguments)
    chosen = [check for check in CHECKS if (check.name in given.only if given.only else not (given.fast and check.slow))]
    lines, sound = [], True
    for check in chosen:
        good, took_s = run(check)
        sound &= good
        lines.append(f"{'ok  ' if good else 'FAIL'} {check.name:7} {took_s:6.1f} s  {check.what}")
    print("\n".join(lines))
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
