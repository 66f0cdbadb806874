"""Programs of simulated hosts: plain `async def` functions, driven by the world's clock and by nothing else.

An awaitable of the lab is a `Wait`: its `__await__` hands it to the task, and `begin(wake)` arranges for `wake` to be called once, with
the value that `await` gives or the error that it raises.  A task that was woken goes on as an event of its own, so that what woke it is
finished first.  No event loop is needed, and none may be running: another library's futures are refused with a clear error.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from estab.errors import MisuseError
from estab.lab.clock import Clock

if TYPE_CHECKING:
    from estab.lab.process import Process

Result = TypeVar("Result")
Wake = Callable[[Any, BaseException | None], None]
Program = Coroutine[Any, Any, Any]


class Wait(abc.ABC, Generic[Result]):
    """Something to await."""

    @abc.abstractmethod
    def begin(self, wake: Wake) -> None:
        """Arranges for `wake(value, error)`; only its first call counts."""

    def __await__(self) -> Generator[Wait[Result], Any, Result]:
        result: Result = yield self
        return result


class Task(Wait[Any]):
    """A running program.  Awaiting it gives its result, or raises what it raised.

    `watched` tells that somebody awaits it or reads its error; what an unwatched task raises stops the run.
    """

    __slots__ = ("_clock", "_coroutine", "_turn", "_waiting", "done", "error", "name", "process", "result", "watched")

    def __init__(self, clock: Clock, program: Program, *, name: str, process: Process | None = None, watched: bool = False) -> None:
        self._clock, self._coroutine = clock, program
        self.name, self.process = name, process
        self.done = False
        self.result: Any = None
        self.error: BaseException | None = None
        self.watched = watched
        self._turn = 0
        self._waiting: list[Wake] = []
        clock.after(0, self._go_on, (0, None, None))

    def begin(self, wake: Wake) -> None:
        """Wakes when the task has ended."""
        self.watched = True
        if self.done:
            wake(self.result, self.error)
        else:
            self._waiting.append(wake)

    def cancel(self) -> None:
        """Ends the program where it stands."""
        if not self.done:
            self._turn += 1
            self._coroutine.close()
            self._finish(None, None)

    def _go_on(self, turn_value_error: tuple[int, Any, BaseException | None]) -> None:
        turn, value, error = turn_value_error
        if turn != self._turn or self.done:
            return
        process = self.process
        if process is not None and process.frozen:
            process.postpone(self._go_on, turn_value_error)
            return
        self._turn = turn = turn + 1
        try:
            waited = self._coroutine.throw(error) if error is not None else self._coroutine.send(value)
        except StopIteration as stop:
            self._finish(stop.value, None)
            return
        except Exception as problem:  # noqa: BLE001 - it is kept, and raised where the task is awaited or by the world
            self._finish(None, problem)
            return
        if not isinstance(waited, Wait):
            self._finish(None, MisuseError(f"{self.name} awaits {waited!r}: programs of the lab await only what the lab gives"))
            return
        clock, again = self._clock, self._go_on
        waited.begin(lambda value, error: clock.after(0, again, (turn, value, error)))

    def _finish(self, result: Any, error: BaseException | None) -> None:
        self.done, self.result, self.error = True, result, error
        waiting, self._waiting = self._waiting, []
        for wake in waiting:
            wake(result, error)
        if self.process is not None:
            self.process.ended(self)
        elif error is not None and not self.watched:
            raise error


class Sleep(Wait[None]):
    """Lets time pass."""

    __slots__ = ("_clock", "_delay_ns")

    def __init__(self, clock: Clock, delay_ns: int) -> None:
        self._clock, self._delay_ns = clock, delay_ns

    def begin(self, wake: Wake) -> None:
        """Wakes after the delay."""
        self._clock.after(self._delay_ns, lambda _: wake(None, None))


class Signal(Wait[Any]):
    """Something that happens once: `set(value)` wakes all that await it, before and after."""

    __slots__ = ("_value", "_waiting", "is_set")

    def __init__(self) -> None:
        self.is_set = False
        self._value: Any = None
        self._waiting: list[Wake] = []

    def set(self, value: Any = None) -> None:
        """It has happened; a second time changes nothing."""
        if self.is_set:
            return
        self.is_set, self._value = True, value
        waiting, self._waiting = self._waiting, []
        for wake in waiting:
            wake(value, None)

    def begin(self, wake: Wake) -> None:
        """Wakes when it has happened."""
        if self.is_set:
            wake(self._value, None)
        else:
            self._waiting.append(wake)


class Within(Wait[Result]):
    """Another wait with a limit of time; raises `error()` where that is reached first."""

    __slots__ = ("_clock", "_error", "_limit_ns", "_wait")

    def __init__(self, clock: Clock, wait: Wait[Result], limit_ns: int, error: Callable[[], BaseException]) -> None:
        self._clock, self._wait, self._limit_ns, self._error = clock, wait, limit_ns, error

    def begin(self, wake: Wake) -> None:
        """Wakes at whichever comes first; a task takes only the first."""
        self._wait.begin(wake)
        self._clock.after(self._limit_ns, lambda _: wake(None, self._error()))
