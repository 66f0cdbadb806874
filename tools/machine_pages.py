"""Writes the generated pages of the state machine: `python -m tools.machine_pages docs/machine`."""

from __future__ import annotations

import argparse
import pathlib

from estab.machine.pages import pages


def main(arguments: list[str] | None = None) -> int:
    """Writes every page into the folder; 0 when done."""
    parser = argparse.ArgumentParser(prog="python -m tools.machine_pages", description=__doc__)
    parser.add_argument("folder", type=pathlib.Path, help="where the pages go, usually docs/machine")
    folder: pathlib.Path = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
        print(folder / name)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
