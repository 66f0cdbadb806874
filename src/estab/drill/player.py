"""Plays a script against the engine: event after event, in virtual time.

The order is that of packetdrill.  Inbound packets, calls, commands and code wait for their time; an expected packet is taken as soon as
it is there, so that one that leaves too early is seen.  `+t` counts from the end of the event before it, except between two inbound
packets, where it counts from the first one's own time.  A call that blocks is left under way; the next call waits for it.
"""

from __future__ import annotations

from typing import Any

from estab.chance import Chance
from estab.drill import arrivals, departures
from estab.drill.answers import answer_mismatch
from estab.drill.calls.arguments import Arguments
from estab.drill.calls.registry import CALLS
from estab.drill.codes import AssertionFailedError, CodeRefusedError, run_code
from estab.drill.config import Config
from estab.drill.environment import Environment
from estab.drill.info_names import code_names
from estab.drill.matching import tolerance_ns
from estab.drill.process import Answer, Process
from estab.drill.script import CallAction, CodeAction, Direction, Event, PacketAction, Script, ShellAction, TimeKind
from estab.drill.shell import UnknownCommandError, understand
from estab.drill.source import ScriptError
from estab.drill.spell import spell_time
from estab.drill.symbols import UnusableValueError
from estab.drill.verdict import Difference, Failure, Happening, MismatchError, Outcome, Run
from estab.drill.world import World
from estab.engine.socket_options import SocketOption
from estab.engine.stack import Stack
from estab.instant import SECOND_NS
from estab.knobs.values import KnobValues
from estab.machine.states import State
from estab.snapshot import TcpInfo
from estab.text import msg

CALL_PATIENCE_NS = SECOND_NS
"""How long a call waits for the blocking one before it, and the end of the script for the last."""
SEED = 1


class _EventFailedError(Exception):
    """A mismatch that belongs to another event than the one being played: a blocking call that was begun before."""

    def __init__(self, event: Event, mismatch: MismatchError) -> None:
        self.event, self.mismatch = event, mismatch
        super().__init__(str(mismatch))


class Player:
    """One script over one family of addresses."""

    def __init__(self, script: Script, config: Config, knobs: KnobValues) -> None:
        self._script, self._config = script, config
        stack = Stack([config.local_ip], knobs=knobs, chance=Chance(SEED), mtu_bytes=config.mtu_bytes)
        self._world = World(stack, Process(stack, config))
        self._environment = Environment(self._world)
        self._names: dict[str, Any] = {}
        self._transcript: list[Happening] = []
        self._last: Event | None = None
        self._last_start_ns = 0

    def play(self) -> Run:
        """The whole script, up to its end or to the first thing that is not as it says."""
        event: Event | None = None
        place = self._script.setup_place
        try:
            if self._script.setup is not None:
                self._environment.apply(understand(self._script.setup.text))
            for event in self._script.events:
                place = event.place
                self._play(event)
            self._finish()
        except (UnusableValueError, UnknownCommandError, CodeRefusedError) as problem:
            return self._unusable(ScriptError(problem.reason, place, path=self._script.path))
        except _EventFailedError as problem:
            return self._failed(problem.event, problem.mismatch)
        except MismatchError as problem:
            return self._failed(event, problem)
        return self._run(Outcome.PASSED)

    # Events

    def _play(self, event: Event) -> None:
        since_ns = self._last_start_ns
        start_ns = self._start_of(event)
        action = event.action
        self._last, self._last_start_ns = event, start_ns
        if isinstance(action, PacketAction) and action.direction is Direction.OUT:
            self._expect(event, action, start_ns, start_ns - since_ns)
            self._note(event)
            return
        if isinstance(action, CallAction):
            self._await_call()
        self._wait(start_ns, start_ns - since_ns)
        self._note(event)
        match action:
            case PacketAction():
                arrivals.deliver(self._world, action, self._config)
            case CallAction():
                self._call(event, action, start_ns)
            case ShellAction(text=text):
                self._environment.apply(understand(text))
                self._world.settle()
            case CodeAction(text=text):
                self._evaluate(text)

    def _start_of(self, event: Event) -> int:
        if event.when.kind is TimeKind.ABSOLUTE:
            return event.when.ns
        if event.when.kind is TimeKind.ANY:
            return self._world.now_ns
        anchored = self._last is not None and _is_inbound(self._last) and _is_inbound(event)
        return (self._last_start_ns if anchored else self._world.now_ns) + event.when.ns

    def _wait(self, start_ns: int, since_ns: int) -> None:
        """Lets time pass until an event's time; a TCP that was waited for too long has made the script late."""
        world = self._world
        world.advance(start_ns)
        allowed_ns = tolerance_ns(self._config, since_ns)
        if world.now_ns > start_ns + allowed_ns:
            late = Difference(msg("time"), f"{spell_time(start_ns)} ±{spell_time(allowed_ns)}", spell_time(world.now_ns))
            raise MismatchError(msg("the script is late"), differences=(late,))

    def _expect(self, event: Event, action: PacketAction, start_ns: int, since_ns: int) -> None:
        subject = self._world.process.subject
        if subject is None:
            raise UnusableValueError(msg("no connection has been opened that could send this packet"))
        departures.expect(self._world, subject, action, event.when, start_ns, since_ns, self._config)

    def _call(self, event: Event, action: CallAction, start_ns: int) -> None:
        world = self._world
        if action.name not in CALLS:
            raise UnusableValueError(msg("the call {name}() is not known here", name=action.name))
        returned: list[Answer] = []
        call = CALLS[action.name](Arguments(world.process, action))
        if action.until_ns is None:
            world.begin(call, returned.append)
            if not returned:
                world.advance(start_ns + self._config.tolerance_ns, stop=lambda: bool(returned))
            if not returned:
                raise MismatchError(msg("the call blocks"), expected=event.text)
            self._judge(event, action, returned[0])
            return
        base_ns = start_ns - event.when.ns if event.when.kind is TimeKind.RELATIVE else 0
        end_ns = base_ns + action.until_ns

        def done(answer: Answer) -> None:
            self._judge(event, action, answer)
            self._judge_end(event, start_ns, end_ns)

        world.begin(call, done)

    def _judge(self, event: Event, action: CallAction, answer: Answer) -> None:
        mismatch = answer_mismatch(action, answer)
        if mismatch is not None:
            raise _EventFailedError(event, mismatch)

    def _judge_end(self, event: Event, start_ns: int, end_ns: int) -> None:
        """A blocking call must return when the script says."""
        now_ns, allowed_ns = self._world.now_ns, tolerance_ns(self._config, end_ns - start_ns)
        if abs(now_ns - end_ns) > allowed_ns:
            difference = Difference(msg("time of return"), f"{spell_time(end_ns)} ±{spell_time(allowed_ns)}", spell_time(now_ns))
            raise _EventFailedError(event, MismatchError(msg("the call returned at another time"), differences=(difference,)))

    def _await_call(self) -> None:
        """Waits for the blocking call before this one."""
        world = self._world
        world.advance(world.now_ns + CALL_PATIENCE_NS if world.waiting else world.now_ns, stop=lambda: world.waiting is None)
        if world.waiting is not None:
            raise MismatchError(msg("the blocking call before has not returned"))

    def _evaluate(self, text: str) -> None:
        try:
            run_code(text, code_names(self._info()), self._names)
        except AssertionFailedError as problem:
            values = ", ".join(f"{name} = {value}" for name, value in problem.values.items())
            raise MismatchError(msg("the assertion does not hold"), expected=problem.source, actual=values) from None

    def _info(self) -> TcpInfo:
        """TCP_INFO of the connection under test, wherever it is."""
        world = self._world
        subject = world.process.subject
        if subject is not None and subject.descriptor in world.process.handles:
            found = world.process.socket(subject.descriptor).socket.getsockopt(SocketOption.INFO, world.now_ns)
            if isinstance(found, TcpInfo):
                return found
        if subject is not None:
            local = (self._config.local_ip, subject.local_port)
            for socket in world.stack.sockets(world.now_ns):
                if (socket.local.address, socket.local.port, socket.remote.port) == (*local, subject.remote_port):
                    return socket.info or TcpInfo(state=socket.state)
        return TcpInfo(state=State.CLOSED)

    def _finish(self) -> None:
        """The end of a script: a blocking call must come to its end, and with --no_surprises nothing may be left over."""
        self._await_call()
        subject = self._world.process.subject
        if self._config.no_surprises and subject is not None:
            left = departures.surprises(self._world, subject)
            if left:
                raise MismatchError(msg("a packet was sent that no event expects"), actual=left[0])

    # Results

    def _note(self, event: Event) -> None:
        self._transcript.append(Happening(self._world.now_ns, event.text, event.place.line))

    def _run(self, outcome: Outcome, failure: Failure | None = None) -> Run:
        return Run(
            path=self._script.path,
            family=self._config.family,
            outcome=outcome,
            failure=failure,
            ended_ns=self._world.now_ns,
            transcript=tuple(self._transcript),
        )

    def _failed(self, event: Event | None, problem: MismatchError) -> Run:
        event = event or self._script.events[-1]
        subject = self._world.process.subject
        return self._run(
            Outcome.FAILED,
            Failure(
                line=event.place.line,
                event=event.text,
                at_ns=self._world.now_ns,
                reason=problem.reason,
                expected=problem.expected,
                actual=problem.actual,
                differences=problem.differences,
                unread=departures.surprises(self._world, subject)[:4] if subject is not None else (),
            ),
        )

    def _unusable(self, problem: ScriptError) -> Run:
        return Run(path=self._script.path, family=self._config.family, outcome=Outcome.UNUSABLE, unusable=problem)


def _is_inbound(event: Event) -> bool:
    return isinstance(event.action, PacketAction) and event.action.direction is Direction.IN
