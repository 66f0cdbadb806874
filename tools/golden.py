"""The reviewed reports of the examples: `python -m tools.golden write | check`.

`tests/golden` holds what the commands print on the example captures, in both languages, 80 columns wide and without colours.  A change of
a report shows as a difference there: read it, and where it is meant run `write` and commit it with the change.  The time that reading
took is always the same here.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import io
import pathlib
import sys
from collections.abc import Sequence
from unittest import mock

from estab.cli.main import run
from estab.cli.screen import Watch
from estab.instant import MILLISECOND_NS

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "golden"
LANGUAGES = ("en", "zh_CN")
READING_NS = 100 * MILLISECOND_NS
"""Stands for the time that reading took."""

ON_A_CAPTURE = (("diagnose",), ("diagnose", "-v"), ("trace",), ("trace", "--conn", "0"))
WITHOUT_ONE = (("explain", "handshake.accept_queue_overflow"), ("explain", "CLOSE-WAIT"), ("explain", "tcp_fin_timeout"))


def pages() -> dict[pathlib.Path, list[list[str]]]:
    """Each file below FOLDER, with the commands whose output it holds."""
    captures = sorted((ROOT / "examples").glob("*.pcap"))
    commands = {capture.stem: [[verb, f"examples/{capture.name}", *more] for verb, *more in ON_A_CAPTURE] for capture in captures}
    commands["explain"] = [list(words) for words in WITHOUT_ONE]
    return {
        pathlib.Path(language) / f"{name}.txt": [["--lang", language, *words] for words in listed]
        for language in LANGUAGES
        for name, listed in commands.items()
    }


def page(commands: Sequence[Sequence[str]]) -> str:
    """The commands, each with what it prints."""
    return "\n".join(f"$ estab {' '.join(words)}\n{output_of(words)}" for words in commands)


def output_of(words: Sequence[str]) -> str:
    """What a command prints, as a reader with 80 columns and no colours sees it."""
    printed = io.StringIO()
    surroundings = (
        contextlib.chdir(ROOT),
        contextlib.redirect_stdout(printed),
        mock.patch.dict("os.environ", {"COLUMNS": "80", "NO_COLOR": "1"}),
        mock.patch.object(Watch, "elapsed_ns", READING_NS),
    )
    with contextlib.ExitStack() as stack:
        for surrounding in surroundings:
            stack.enter_context(surrounding)
        status = run(words)
    if status:
        raise RuntimeError(f"estab {' '.join(words)} ended with status {status}")
    return printed.getvalue()


def difference(name: pathlib.Path, commands: Sequence[Sequence[str]]) -> str:
    """What is printed now against what was reviewed, as a unified diff; empty where they are the same."""
    path = FOLDER / name
    reviewed = path.read_text(encoding="utf-8") if path.exists() else ""
    now = page(commands)
    return "".join(difflib.unified_diff(reviewed.splitlines(keepends=True), now.splitlines(keepends=True), "reviewed", "now"))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; `check` ends with status 1 where something differs."""
    ask = argparse.ArgumentParser(prog="python -m tools.golden", description="Write or check the reviewed reports.")
    ask.add_argument("verb", choices=("write", "check"))
    given = ask.parse_args(arguments)
    differing = 0
    for name, commands in pages().items():
        changed = difference(name, commands)
        differing += bool(changed)
        if changed and given.verb == "write":
            path = FOLDER / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page(commands), encoding="utf-8")
            print(f"{name} written")
        elif changed:
            print(f"{name}\n{changed}")
    return 1 if differing and given.verb == "check" else 0


if __name__ == "__main__":
    sys.exit(main())
