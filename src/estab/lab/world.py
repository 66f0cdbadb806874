"""A simulated network in virtual time: hosts with the project's own TCP, links with faults, routers, taps, a timeline.

Everything is decided by the seed: the same scenario with the same seed gives the same bytes.  There is no clock but the world's,
no event loop, no thread; `run_until`, `run_for`, `step` and `do` drive it.

>>> world = World(seed=1)
>>> one, other = world.host("one", "10.0.0.1"), world.host("other", "10.0.0.2")
>>> link = world.link(one, other, delay="10ms", rate="100Mbit")
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from estab.chance import Chance
from estab.engine.socket_options import CONGESTION_CONTROLS
from estab.errors import MisuseError
from estab.knobs.declare import Profile
from estab.knobs.values import KnobValues, profile_values
from estab.lab.clock import EPOCH_NS, Clock, Limits
from estab.lab.host import Host, MakeStack
from estab.lab.link import Link
from estab.lab.node import Node, Port
from estab.lab.packets import Datum, spell
from estab.lab.pipe import Path
from estab.lab.routes import Routes
from estab.lab.stacks import engine_stack
from estab.lab.tasks import Task
from estab.lab.timeline import Fate, FateRecord, Loss, LossRecord, NoteRecord, Timeline
from estab.lab.units import Duration, span_ns
from estab.text import Text, msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.router import Router
    from estab.lab.tap import Tap
    from estab.lab.truth import Truth

Result = TypeVar("Result")


class World:
    """One network and its time; `timeline=True` keeps a record of what happens.

    `overrides` are knobs by the names of hosts (the empty name: of all hosts) that outweigh what the hosts are made with.
    """

    def __init__(
        self,
        *,
        seed: int | str = 0,
        knobs: KnobValues | None = None,
        limits: Limits | None = None,
        timeline: bool = False,
        make_stack: MakeStack = engine_stack,
        overrides: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.clock = Clock(limits)
        self.chance = Chance(seed)
        self.knobs = knobs or profile_values(Profile.LINUX)
        self.timeline = Timeline() if timeline else None
        self.truth: Truth | None = None
        self.taps: list[Tap] = []
        self.nodes: dict[str, Node] = {}
        self.links: list[Link] = []
        self.routes = Routes(self)
        self.losses: dict[Loss, int] = {}
        """Packets that went no further, by the reason."""
        self.bases: dict[tuple[str, int, str, int], int] = {}
        """Sequence number of each SYN by four-tuple, for people who read packets."""
        self.results: dict[str, Any] = {}
        """What programs of a scenario want to have remembered."""
        self.failures: list[tuple[Process, Task]] = []
        """Programs that ended by a CallError that nobody caught."""
        self._make_stack = make_stack
        self._overrides = overrides or {}

    # --- building ------------------------------------------------------------------------------------------------------------------------

    def host(self, name: str, *addresses: str, **knobs: Any) -> Host:
        """A host with addresses; `knobs` are settings that differ from the world's: `tcp_syncookies=0`."""
        asked = {**knobs, **self._overrides.get("", {}), **self._overrides.get(name, {})}
        values = self.knobs.changed(asked) if asked else self.knobs
        if values.tcp_congestion_control not in CONGESTION_CONTROLS:
            there_are = ", ".join(CONGESTION_CONTROLS)
            raise MisuseError(msg("no congestion control {name}; there are: {names}", name=values.tcp_congestion_control, names=there_are))
        host = Host(self, name, addresses or (self._next_address(),), values, self._make_stack)
        self.add(host)
        return host

    def router(self, name: str, *addresses: str) -> Router:
        """A router; see `lab.router`."""
        from estab.lab.router import Router

        router = Router(self, name, addresses or (self._next_address(),))
        self.add(router)
        return router

    def add(self, node: Node) -> None:
        """A node of any kind; names are used once."""
        if node.name in self.nodes:
            raise MisuseError(f"there is a node {node.name} already")
        self.nodes[node.name] = node
        self.routes.forget()

    def _next_address(self) -> str:
        return f"10.0.0.{len(self.nodes) + 1}"

    def link(self, one: Node, other: Node, *, back: Path | None = None, **path: Any) -> Link:
        """A cable between two nodes: what each direction is like (see `pipe.Path`); `back` where the way back is another."""
        forth = Path(**path)
        link = Link(self, one, other, forth, back or forth)
        self.links.append(link)
        self.routes.forget()
        return link

    def tap(self, where: Node | Port | Link, name: str = "", *, loopback: bool = False) -> Tap:
        """Captures at an interface (of a host with one: the host), in the middle of a link, or at a host's loopback interface."""
        from estab.lab.tap import loopback_tap, tap

        made = loopback_tap(self, where, name) if loopback and isinstance(where, Host) else tap(self, where, name)
        self.taps.append(made)
        return made

    # --- time ----------------------------------------------------------------------------------------------------------------------------

    @property
    def now_ns(self) -> int:
        """Nanoseconds since the epoch."""
        return self.clock.now_ns

    @property
    def elapsed_ns(self) -> int:
        """Virtual time since the beginning."""
        return self.clock.now_ns - EPOCH_NS

    def step(self) -> bool:
        """The next thing that happens; False where there is none."""
        return self.clock.step()

    def run_for(self, duration: Duration) -> None:
        """Lets that much time pass."""
        self.clock.run_until(self.clock.now_ns + span_ns(duration))

    def run_until(self, when: Duration | Callable[[], bool]) -> bool:
        """Goes on until a time since the beginning, or until a condition holds; False where nothing was left to do before it did."""
        if callable(when):
            return self.clock.run_while(lambda: not when())
        self.clock.run_until(EPOCH_NS + span_ns(when))
        return True

    def at(self, when: Duration, action: Callable[[], object]) -> None:
        """Does something at a time since the beginning."""
        self.clock.at(EPOCH_NS + span_ns(when), lambda _: action())

    def do(self, program: Coroutine[Any, Any, Result]) -> Result:
        """Runs the world until a program has ended: `conn = world.do(host.connect("10.0.0.2", 80))`; gives its result or raises."""
        task = Task(self.clock, program, name="do", watched=True)
        if not self.clock.run_while(lambda: not task.done):
            raise MisuseError("nothing is left that could wake the program: it waits for ever")
        if task.error is not None:
            raise task.error
        result: Result = task.result
        return result

    def dismiss(self) -> None:
        """Ends all programs where they stand, in the name of nobody: no socket is closed, nothing is sent.

        Without it they end when the world is thrown away, and each `with` block then closes what it has open.
        """
        for node in self.nodes.values():
            if isinstance(node, Host):
                node.dismiss()

    # --- what is told --------------------------------------------------------------------------------------------------------------------

    @property
    def watches_states(self) -> bool:
        """Whether anybody wants to know of changes of state."""
        return self.timeline is not None or self.truth is not None

    def lose(self, datum: Datum, where: str, why: Loss) -> None:
        """A packet goes no further."""
        self.losses[why] = self.losses.get(why, 0) + 1
        if self.timeline is not None:
            if why is not Loss.RULE:  # which the rule has told
                self.timeline.add(LossRecord(time_ns=self.clock.now_ns, where=where, loss=why, packet=spell(datum, self.bases)))
            self.comment(datum, f"{where}: {why.value}")

    def comment(self, datum: Datum | None, text: str) -> None:
        """Adds a comment to a packet in the captures that have it."""
        if datum is not None:
            for tap in self.taps:
                tap.comment(datum, text)

    def fate(self, where: str, fate: Fate, subject: str = "") -> None:
        """Something befell a host, a process or a link."""
        if self.timeline is not None:
            self.timeline.add(FateRecord(time_ns=self.clock.now_ns, where=where, fate=fate, subject=subject))

    def note(self, text: Text | str, where: str = "") -> None:
        """A remark in the timeline."""
        if self.timeline is not None:
            self.timeline.add(NoteRecord(time_ns=self.clock.now_ns, where=where, note=text))

    def program_failed(self, process: Process, task: Task) -> None:
        """A program ended by a CallError that nobody caught: as a real one would, its process ends."""
        self.failures.append((process, task))
        process.kill()
