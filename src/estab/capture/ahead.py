"""Runs an iterator ahead of its consumer, in one background thread that never outlives it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class _End:
    """What the thread leaves behind as its last item: the exception that ended it, if one did."""

    def __init__(self, problem: BaseException | None) -> None:
        self.problem = problem


class RunAhead(Generic[Item]):
    """Iterates over `items` in a thread: one item waits, one is in the making.  What the iterator raises is raised by `next`."""

    def __init__(self, items: Iterator[Item]) -> None:
        self._items = items
        self._ready: queue.Queue[Item | _End] = queue.Queue(maxsize=1)
        self._stopping = threading.Event()
        # A daemon, so that a consumer that is killed within `close` does not leave a program that never ends.
        self._thread = threading.Thread(target=self._run, name="estab-read-ahead", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        item = self._ready.get()
        if isinstance(item, _End):
            self._ready.put(_End(None))
            if item.problem is not None:
                raise item.problem
            raise StopIteration
        return item

    def close(self) -> None:
        """Ends the thread, after the item it is working on, and waits for it."""
        self._stopping.set()
        while self._thread.is_alive():
            try:
                self._ready.get(timeout=0.02)
            except queue.Empty:
                continue
        self._thread.join()

    def _run(self) -> None:
        end = _End(None)
        try:
            for item in self._items:
                if self._stopping.is_set():
                    return
                self._ready.put(item)
        except BaseException as problem:  # noqa: BLE001 - raised again where the items are used
            end = _End(problem)
        finally:
            if not self._stopping.is_set():
                self._ready.put(end)
