"""Keeps the output shown in the READMEs real: `python -m tools.readme write | check`.

A README shows the output of a command between `<!-- output:begin COMMAND -->` and `<!-- output:end -->`.  `write` runs each command and
puts in what it prints; `check` says which places differ.  How long reading took differs from run to run and is not compared.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence

ROOT = pathlib.Path(__file__).resolve().parent.parent
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")

_PLACE = re.compile(r"(<!-- output:begin (?P<command>[^\n]*) -->\n)(?P<shown>.*?)(<!-- output:end -->)", re.DOTALL)
_FENCED = re.compile(r"```text\n(.*?)```\n", re.DOTALL)
_DURATION = re.compile(r"\d+(\.\d+)? ?(µs|ms|s|秒|毫秒)\b")


def places(page: str) -> Iterator[tuple[str, str]]:
    """Each command whose output is shown in a page, with what is shown; nothing at all where it was never written."""
    for place in _PLACE.finditer(page):
        shown = _FENCED.fullmatch(place["shown"])
        yield place["command"], shown[1] if shown else place["shown"]


def output_of(command: str) -> str:
    """What `estab …` prints, as a reader without colours and with a terminal of 110 columns sees it."""
    program, *arguments = shlex.split(command)
    if program != "estab":
        raise ValueError(f"not a command of this project: {command}")
    environment = os.environ | {"NO_COLOR": "1", "COLUMNS": "110", "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-m", "estab", *arguments],
        cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{command} ended with status {done.returncode}: {done.stderr}")
    return "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines()) + "\n"


def comparable(output: str) -> str:
    """An output without what differs from run to run: the durations in its head, which ends at the first empty line."""
    head, _, rest = output.partition("\n\n")
    return " ".join(_DURATION.sub("…", head).split()) + "\n\n" + rest


def rewritten(page: str) -> str:
    """A page with the real output in each of its places."""
    return _PLACE.sub(lambda place: f"{place[1]}```text\n{output_of(place['command'])}```\n{place[4]}", page)


def stale(page: str) -> list[str]:
    """The commands whose output in a page is not what they print now."""
    return [command for command, shown in places(page) if comparable(shown) != comparable(output_of(command))]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; `check` ends with status 1 where something differs."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("verb", choices=["write", "check"])
    given = ask.parse_args(arguments)
    differing = 0
    for readme in READMES:
        page = readme.read_text(encoding="utf-8")
        if given.verb == "write":
            readme.write_text(rewritten(page), encoding="utf-8")
            continue
        for command in stale(page):
            print(f"{readme.name}: not what this prints now: {command}")
            differing += 1
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
