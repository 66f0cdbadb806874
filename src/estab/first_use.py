"""The first large capture after installation: compiles the packet loops, reading and tracking side by side on two cores.

Compiling is work for one core and takes some seconds; both halves land in the user's cache and are loaded from there ever after.
Without a writable cache there is nothing to hand over, and each loop is compiled where it is first called.
"""

from __future__ import annotations

import subprocess
import sys

from estab import lives
from estab.lives import Life

_READING = "import sys; from estab.first_use import compile_reading; compile_reading(sys.argv[1])"
READING_TIMEOUT_S = 60
"""After it this process compiles the rest by itself; a child that hangs must not hold up a diagnosis."""


def is_compiled() -> bool:
    """True where the loops that every large capture needs lie in the user's cache, so that no one waits for the compiler."""
    from estab.track.loop import feed
    from estab.wire.dissect import dissect_records

    return lives.is_cached(dissect_records, feed)


def compile_side_by_side(source: str) -> None:
    """Fills the cache with the loops that reading `source` and tracking need; does nothing where they are there."""
    if not lives.can_cache() or is_compiled():
        return
    with subprocess.Popen(  # noqa: S603 - this very interpreter and this very package
        [sys.executable, "-c", _READING, source], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        try:
            compile_tracking()
            child.wait(READING_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            child.kill()
        except BaseException:  # Ctrl-C too: nothing of ours stays behind
            child.kill()
            raise


def compile_reading(source: str) -> None:
    """Reads the first packets of a capture in the compiled life."""
    from estab.capture.reader import Reader

    with Reader([source], life=Life.COMPILED) as reader:
        next(iter(reader), None)


def compile_tracking() -> None:
    """Tracks one packet in the compiled life."""
    from estab.track import Tracker
    from estab.wire.columns import KIND_TCP, PACKET

    packets = lives.table(PACKET, 1)
    packets["kind"] = KIND_TCP
    Tracker().feed(packets, 1, Life.COMPILED)
