"""One pass over captures: packets are tracked while they are read, rules run over the columns at the end."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterable
from typing import BinaryIO

from estab.capture.reader import Chunk, Reader
from estab.capture.stop import StopSign
from estab.diagnose.catalog import all_rules
from estab.diagnose.facts import Facts
from estab.diagnose.run import diagnose as run_rules
from estab.errors import InputError
from estab.first_use import compile_side_by_side
from estab.growing import keep_freed_memory
from estab.lives import Life
from estab.report.model import Analysis
from estab.track import Tracker

Path = str | os.PathLike[str]
Watcher = Callable[[Chunk], None]


def analyse(
    paths: Iterable[Path],
    *,
    stdin: BinaryIO | None = None,
    life: Life | None = None,
    before: Callable[[Life], None] | None = None,
    watchers: Iterable[Watcher] = (),
    keep_on_interrupt: bool = False,
    only: frozenset[str] | None = None,
) -> Analysis:
    """One pass: reads, tracks, diagnoses.

    `before` is told in which life reading begins, before anything is compiled; `watchers` see each chunk after it was tracked.  With
    `keep_on_interrupt` Ctrl-C ends the reading and what was read so far is analysed and marked partial; without it
    KeyboardInterrupt goes through, and so it does where nothing has been read yet.
    """
    tracker, interrupted = Tracker(), False
    stop = StopSign() if keep_on_interrupt else None
    with stop or contextlib.nullcontext(), _open(list(paths), stdin, life, stop) as reader:
        if before is not None:
            before(reader.life)
        try:
            if reader.life is Life.COMPILED:
                with stop.at_once() if stop else contextlib.nullcontext():
                    compile_side_by_side(reader.summary.files[0])
                # Packet loops let go of the interpreter: the rules can be loaded meanwhile.
                threading.Thread(target=all_rules, name="estab-rules", daemon=True).start()
            for chunk in reader:
                tracker.feed(chunk.rows, chunk.count, chunk.life)
                for watch in watchers:
                    watch(chunk)
        except KeyboardInterrupt:
            if not keep_on_interrupt:
                raise
            interrupted = True
        summary = reader.summary
    connections, partial = tracker.finish(), interrupted or (stop is not None and stop.asked)
    if partial and not summary.last_ns:
        summary.first_ns, summary.last_ns = tracker.first_ns, tracker.last_ns
    del tracker  # and its table of four-tuples
    keep_freed_memory()
    facts = Facts(connections, summary)
    return Analysis(capture=summary, connections=connections, facts=facts, diagnosis=run_rules(facts, only=only), partial=partial)


def _open(paths: list[Path], stdin: BinaryIO | None, life: Life | None, stop: StopSign | None) -> Reader:
    """Opens the captures; where Ctrl-C came before a pipe gave anything, that is told and not that the input is empty."""
    try:
        return Reader(paths, stdin=stdin, life=life, stop=stop)
    except InputError:
        if stop is not None and stop.asked:
            raise KeyboardInterrupt from None
        raise
