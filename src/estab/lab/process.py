"""A process of a simulated host: programs that run, the sockets they have open, and how it can come to grief.

A program is `async def program(process, ...)`.  What it opens belongs to its process: killed, its kernel closes it all, as Linux does;
frozen, its programs stand still while the kernel goes on answering in its name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from estab.lab.calls import CallError
from estab.lab.sockets import Conn, Listener, connect, listen
from estab.lab.tasks import Program, Sleep, Task
from estab.lab.timeline import Fate
from estab.lab.units import Duration, span_ns

if TYPE_CHECKING:
    from estab.lab.host import Host
    from estab.lab.sockets import Handle

ProgramFunction = Callable[..., Program]


class Process:
    """One process; `host.run(program)` makes one."""

    def __init__(self, host: Host, name: str) -> None:
        self.host, self.name = host, name
        self.world = host.world
        self.frozen = False
        self.alive = True
        self.tasks: list[Task] = []
        self.main: Task | None = None
        """The first program."""
        self.handles: dict[Handle, None] = {}
        """Open sockets, in the order in which they were opened."""
        self._postponed: list[tuple[Callable[[Any], object], Any]] = []

    # --- what programs ask for -----------------------------------------------------------------------------------------------------------

    def listen(self, port: int, *, backlog: int = 128, address: str = "", **options: Any) -> Listener:
        """A listening socket; `options` are socket options by name (see `sockets.OPTIONS`)."""
        return listen(self, port, backlog=backlog, address=address, options=options)

    async def connect(
        self, address: str, port: int, *, source: str = "", source_port: int = 0, timeout: Duration | None = None, **options: Any
    ) -> Conn:
        """A connection to an address and port; raises CallError with the errno that connect() would give."""
        return await connect(self, (address, port), (source, source_port), timeout=timeout, options=options)

    def sleep(self, duration: Duration) -> Sleep:
        """Lets time pass."""
        return Sleep(self.world.clock, span_ns(duration))

    def spawn(self, program: ProgramFunction, *arguments: Any) -> Task:
        """Another program in this process, with the process as its first argument; awaiting the task gives its result."""
        name = getattr(program, "__name__", "program")
        task = Task(self.world.clock, program(self, *arguments), name=f"{self.host.name}/{name}", process=self)
        self.tasks.append(task)
        self.main = self.main or task
        return task

    @property
    def now_ns(self) -> int:
        """The time, in nanoseconds since the epoch."""
        return self.world.clock.now_ns

    # --- what happens to it --------------------------------------------------------------------------------------------------------------

    def kill(self) -> None:
        """Ends the process at once; the kernel closes its sockets, in the order in which they were opened."""
        if not self.alive:
            return
        self.world.fate(self.host.name, Fate.KILLED, self.name)
        self._end()
        for handle in list(self.handles):
            handle.close()

    def forget(self) -> None:
        """Loses hold of its sockets without closing them, as when its host loses its power."""
        for handle in self.handles:
            handle.forget()
        self.handles.clear()

    def vanish(self) -> None:
        """Ends with its host: nobody closes anything, not even a `with` block that ends with its program."""
        self.forget()
        self._end()

    def _end(self) -> None:
        self.alive = False
        tasks, self.tasks = self.tasks, []
        for task in tasks:
            task.process = None
            task.watched = True
            task.cancel()

    def freeze(self) -> None:
        """Stops the programs (SIGSTOP, or a deadlock); the kernel goes on."""
        self.frozen = True
        self.world.fate(self.host.name, Fate.FROZEN, self.name)

    def thaw(self) -> None:
        """Lets the programs go on with what has happened meanwhile."""
        self.frozen = False
        self.world.fate(self.host.name, Fate.THAWED, self.name)
        postponed, self._postponed = self._postponed, []
        for action, argument in postponed:
            self.world.clock.after(0, action, argument)

    def postpone(self, action: Callable[[Any], object], argument: Any) -> None:
        """Keeps a step of a program until the process goes on."""
        self._postponed.append((action, argument))

    def ended(self, task: Task) -> None:
        """Takes note that a program has ended.

        A CallError that its main program did not catch ends the process, as an unhandled exception ends a real one; that of another
        program waits for whoever awaits it.  Any other error is a mistake of the scenario and stops the run.
        """
        if task in self.tasks:
            self.tasks.remove(task)
        if task.error is None or task.watched:
            return
        if not isinstance(task.error, CallError):
            raise task.error
        if task is self.main:
            self.world.program_failed(self, task)
