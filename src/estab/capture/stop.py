"""Ctrl-C as a wish to stop reading, so that what has been read is not lost.

An exception in the middle of a block of rows would lose that block.  So the first Ctrl-C is only noted: reading ends at the next chunk, or
at once where a pipe is waited for.  The second one raises KeyboardInterrupt as ever.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Self


class StopSign:
    """Takes Ctrl-C while it is entered, in the main thread; elsewhere it does nothing, because signals never come there."""

    def __init__(self) -> None:
        self.asked = False
        self._at_once = False
        self._former: object = None
        self._installed = False

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._former = signal.signal(signal.SIGINT, self._note)
            self._installed = True
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        if self._installed:
            signal.signal(signal.SIGINT, self._former)  # type: ignore[arg-type]
            self._installed = False

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """Within it Ctrl-C raises KeyboardInterrupt there and then: nothing would be lost by that."""
        self._at_once = True
        try:
            yield
        finally:
            self._at_once = False

    def _note(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        again, self.asked = self.asked, True
        if again or self._at_once:
            raise KeyboardInterrupt
