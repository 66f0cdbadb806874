"""What to say of mistakes: names that were nearly right, and errors in a scenario file of the user's own."""

from __future__ import annotations

import difflib
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from estab.errors import EstabError, InputError
from estab.text import msg


def nearest(name: str, names: Iterable[str]) -> str:
    """The name that is nearly this one; empty where none is near.

    >>> nearest("tcp_retires2", ["tcp_retries1", "tcp_retries2"])
    'tcp_retries2'
    """
    return next(iter(difflib.get_close_matches(name, sorted(names), n=1, cutoff=0.75)), "")


@contextmanager
def blamed_on(path: str | None) -> Iterator[None]:
    """An error that was made in a user's file is told with the line of that file; one made elsewhere is a bug and is not touched."""
    try:
        yield
    except EstabError:
        raise
    except Exception as problem:
        line = None if path is None else line_of(problem, path)
        if line is None:
            raise
        why = str(problem) or "-"
        raise InputError(msg("line {line}: {kind}: {why}", line=line, kind=type(problem).__name__, why=why), path=path) from problem


def line_of(problem: BaseException, path: str) -> int | None:
    """The innermost line of a file that an error came through; None where it never was there."""
    lines = [frame.lineno for frame in traceback.extract_tb(problem.__traceback__) if frame.filename == path]
    return lines[-1] if lines else None
