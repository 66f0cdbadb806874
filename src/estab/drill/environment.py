"""What shell lines of a script do to the simulated host."""

from __future__ import annotations

import re
from collections.abc import Iterable

from estab.drill.shell import (
    ExpectCounter,
    ExpectListener,
    FlushMetrics,
    MakeFile,
    MarkCounters,
    Offload,
    Queue,
    Restore,
    Route,
    SetKnob,
    Step,
    UnknownCommandError,
)
from estab.drill.verdict import MismatchError
from estab.drill.world import World
from estab.engine.fast_open import FastOpenCache
from estab.errors import MisuseError
from estab.knobs.values import Value
from estab.machine.states import State
from estab.text import msg

_WITHOUT_EFFECT = frozenset(
    {
        "tcp_tso_win_divisor", "tcp_min_tso_segs", "tcp_pacing_ss_ratio", "tcp_pacing_ca_ratio", "tcp_ecn_option", "tcp_fastopen_cookies",
        "tcp_shrink_window", "tcp_plb_enabled", "hystart_detect",
    }
)  # fmt: skip
"""Settings of what the engine does not have (segmentation offload, pacing of a device) or always does."""


class Environment:
    """Applies steps, and remembers what can be restored."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._remembered: dict[str, Value] = {}
        self._marked: dict[str, int] = {}

    def apply(self, steps: Iterable[Step]) -> None:
        """All steps in order; raises UnknownCommandError for what this host cannot do, MismatchError where an expectation fails."""
        for step in steps:
            self._apply(step)

    def _apply(self, step: Step) -> None:
        world = self._world
        match step:
            case SetKnob():
                self._set(step)
            case Restore():
                world.stack.knobs = world.stack.knobs.but(**self._remembered)
                self._remembered.clear()
            case FlushMetrics():
                world.stack.host.fast_open_cache = FastOpenCache()
            case Queue(limit=limit):
                world.drops_everything = limit == 0
            case MakeFile(path=path, size_bytes=size_bytes):
                world.process.files[path] = size_bytes
            case MarkCounters():
                self._marked = dict(world.stack.counters)
            case ExpectCounter(name=name):
                self._expect_counter(name)
            case ExpectListener():
                if not any(socket.state is State.LISTEN for socket in world.stack.sockets(world.now_ns)):
                    raise MismatchError(msg("no listener is shown"), expected="LISTEN")
            case Offload():
                pass
            case Route():
                raise UnknownCommandError(msg("routes with settings of their own (mtu, advmss, initcwnd) are not supported"))

    def _set(self, step: SetKnob) -> None:
        stack, name = self._world.stack, step.name
        if name in _WITHOUT_EFFECT:
            return
        if name == "tcp_fastopen_key":
            stack.host.fast_open_keys.replace(key_of(step.value))
            return
        try:
            value: Value = int(step.value, 0)
        except ValueError:
            value = step.value
        try:
            changed = stack.knobs.changed({name: value})
        except MisuseError as problem:
            raise UnknownCommandError(msg("{why}", why=str(problem))) from None
        if step.remembered and name in stack.knobs:
            self._remembered.setdefault(name, stack.knobs[name])
        stack.knobs = changed

    def _expect_counter(self, name: str) -> None:
        kernel_name = f"TcpExt.{name.removeprefix('TcpExt')}" if name.startswith("TcpExt") else name
        grown = self._world.stack.counters[kernel_name] - self._marked.get(kernel_name, 0)
        if grown <= 0:
            raise MismatchError(msg("{counter} has not grown", counter=kernel_name), expected="> 0", actual=str(grown))


def key_of(text: str) -> bytes:
    """The sixteen bytes of `tcp_fastopen_key`, four words of which each is kept little-endian.

    >>> key_of("00000001-00000000-00000000-0000000a").hex()
    '0100000000000000000000000a000000'
    """
    if not re.fullmatch(r"[0-9A-Fa-f]{1,8}(?:-[0-9A-Fa-f]{1,8}){3}", text):
        raise UnknownCommandError(msg("a Fast Open key is four hexadecimal words, not {found}", found=text))
    return b"".join(int(word, 16).to_bytes(4, "little") for word in text.split("-"))
