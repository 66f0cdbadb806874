"""Packet scripts as text: a file, all scripts below a folder, or standard input."""

from __future__ import annotations

import os
import pathlib
import sys
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from estab.errors import InputError
from estab.text import msg

STDIN = "-"
SUFFIX = ".pkt"
LARGEST_BYTES = 4 << 20
"""A script is written by a person; what is larger is something else."""


def script_paths(names: Iterable[str | os.PathLike[str]]) -> Iterator[str]:
    """The scripts that are meant: a folder stands for every `.pkt` below it, by name.  Raises InputError for an empty one."""
    for given in names:
        name = os.fspath(given)
        if name == STDIN or not pathlib.Path(name).is_dir():
            yield name
            continue
        found = sorted(str(path) for path in pathlib.Path(name).rglob(f"*{SUFFIX}") if path.is_file())
        if not found:
            raise InputError(msg("there is no packet script (*.pkt) in this folder"), path=name)
        yield from found


def read_script(name: str, stdin: BinaryIO | None = None) -> str:
    """The text of a script.  Raises InputError with one line that says why it cannot be read."""
    try:
        if name == STDIN:
            content = (stdin or sys.stdin.buffer).read(LARGEST_BYTES + 1)
        else:
            with pathlib.Path(name).open("rb") as file:
                content = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise InputError(msg("no such file"), path=name) from None
    except PermissionError:
        raise InputError(msg("permission to read it is missing"), path=name) from None
    except OSError as problem:
        raise InputError(problem.strerror or str(problem), path=name) from None
    if len(content) > LARGEST_BYTES:
        raise InputError(msg("too large for a packet script"), path=name)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise InputError(msg("not a packet script: no text in UTF-8"), path=name, offset=problem.start) from None
