"""How a verb that goes on by itself is ended."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


@contextlib.contextmanager
def ending_gently() -> Iterator[threading.Event]:
    """Ctrl-C, SIGTERM and a terminal that is closed end the wait instead of the program; a second signal ends it as ever.

    What was opened in the kernel is closed so.  A program that was told to outlive its terminal (nohup) does.
    """
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        ended.set()
        signal.signal(number, former[signal.Signals(number)])

    taken = [number for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is not signal.SIG_IGN]
    former = {number: signal.signal(number, end) for number in taken}
    try:
        yield ended
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
