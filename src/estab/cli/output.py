"""What verbs share: writing results to stdout, and checks of their arguments."""

from __future__ import annotations

import itertools
import json
import os
import select
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import click

from estab.errors import EstabError, MisuseError
from estab.text import msg

LINES_AT_ONCE = 1000


class OutputClosedError(Exception):
    """Whoever read the output has seen enough.  (click ends the process by itself on a BrokenPipeError.)"""


class OutputError(EstabError):
    """What was to be said could not be written: the disk is full, or standard output is closed."""

    def __init__(self, problem: OSError) -> None:
        super().__init__(msg("cannot write the output: {problem}", problem=os.strerror(problem.errno or 0)))


def notice_a_closed_pipe() -> None:
    """Raises OutputClosedError where nobody can read standard output any more: who is silent for long would not learn it by writing."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        return
    poll = select.poll()
    poll.register(descriptor, 0)  # an error is told without being asked for
    if any(events & select.POLLERR for _, events in poll.poll(0)):
        raise OutputClosedError


def write(text: str) -> None:
    """A finished text to stdout, at once.  Raises OutputClosedError, or OutputError where it cannot be written."""
    try:
        click.echo(text, nl=False)  # flushes
    except BrokenPipeError:
        raise OutputClosedError from None
    except OSError as problem:
        raise OutputError(problem) from None


def write_lines(lines: Iterable[str]) -> None:
    """Lines (each with its end) to stdout, as they come, many at a time."""
    pending = iter(lines)
    while part := "".join(itertools.islice(pending, LINES_AT_ONCE)):
        write(part)


def write_json(document: dict[str, Any]) -> None:
    """A JSON document to stdout."""
    write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def write_json_line(document: dict[str, Any]) -> None:
    """A JSON document as one line to stdout, at once."""
    write(json.dumps(document, ensure_ascii=False) + "\n")


def write_long_json(head: dict[str, Any], name: str, items: Iterator[dict[str, Any]]) -> None:
    """A JSON document whose last member is a long list, one item a line, written as they come."""
    begun = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    write(f"{begun},\n {json.dumps(name)}: [")
    encode = json.JSONEncoder(ensure_ascii=False).encode
    write_lines(("," if number else "") + "\n  " + encode(item) for number, item in enumerate(items))
    write("\n ]\n}\n")


def need_captures(captures: tuple[str, ...]) -> None:
    """Raises MisuseError where standard input is named twice."""
    if captures.count("-") > 1:
        raise MisuseError(msg("standard input (-) can be read only once"))


def known_codes(codes: tuple[str, ...]) -> frozenset[str] | None:
    """The codes asked for, None for all.  Raises MisuseError for one that no rule has."""
    if not codes:
        return None
    from estab.diagnose.catalog import all_codes

    unknown = sorted(set(codes) - all_codes())
    if unknown:
        raise MisuseError(msg("no rule finds {codes}; estab explain --list names what there is", codes=", ".join(unknown)))
    return frozenset(codes)
