r"""Shell lines of a script, understood and not run.

Scripts set up their host by a handful of commands.  Those whose effect the engine has are turned into steps; what does not concern a
simulated host (redirections, files removed) is known and has none; anything else makes the script unusable, for what it would have
tested is not there.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from estab.text import Text, msg


@dataclass(frozen=True, slots=True)
class SetKnob:
    """`sysctl` or a write below /proc/sys: a knob by its last name, and the new value as text."""

    name: str
    value: str
    remembered: bool = False
    """A later `Restore` brings the old value back."""


@dataclass(frozen=True, slots=True)
class Restore:
    """Remembered knobs get their old values back."""


@dataclass(frozen=True, slots=True)
class FlushMetrics:
    """What is remembered of remote hosts (Fast Open cookies) is forgotten."""


@dataclass(frozen=True, slots=True)
class Offload:
    """Segmentation offload of the device on or off: without it the TCP makes every segment itself."""

    on: bool


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue of the device: how many packets it takes (None: any number)."""

    limit: int | None
    paced: bool = False
    """`fq`, which sends each packet at its own time."""


@dataclass(frozen=True, slots=True)
class Route:
    """What the route to the peer says; None: nothing."""

    mtu_bytes: int | None = None
    advmss_bytes: int | None = None
    initcwnd_segments: int | None = None


@dataclass(frozen=True, slots=True)
class MakeFile:
    """A file of zeros."""

    path: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class MarkCounters:
    """`nstat`: later readings count from here."""


@dataclass(frozen=True, slots=True)
class ExpectCounter:
    """`nstat | grep NAME`: this counter has grown since it was marked."""

    name: str


@dataclass(frozen=True, slots=True)
class ExpectListener:
    """/proc/net/tcp must show a listener."""


Step: TypeAlias = (
    SetKnob | Restore | FlushMetrics | Offload | Queue | Route | MakeFile | MarkCounters | ExpectCounter | ExpectListener
)  # fmt: skip

DEFAULTS: tuple[tuple[str, str], ...] = (
    ("tcp_rmem", "4096 540000 15728640"),
    ("tcp_wmem", "4096 262144 4194304"),
    ("tcp_timestamps", "1"),
    ("tcp_syn_retries", "5"),
    ("tcp_synack_retries", "5"),
    ("tcp_frto", "2"),
    ("tcp_sack", "1"),
    ("tcp_dsack", "1"),
    ("tcp_reordering", "3"),
    ("tcp_congestion_control", "cubic"),
    ("tcp_slow_start_after_idle", "0"),
    ("tcp_early_retrans", "4"),
    ("tcp_recovery", "1"),
    ("tcp_tso_win_divisor", "3"),
    ("tcp_ecn", "0"),
    ("tcp_notsent_lowat", "4294967295"),
    ("tcp_fastopen", str(0x70403)),
    ("tcp_fastopen_key", "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4"),
    ("tcp_syncookies", "1"),
)
"""The settings with which the field's suite begins every script (its `defaults.sh`)."""


class UnknownCommandError(Exception):
    """A command with an effect that is not known here; `reason` says which."""

    def __init__(self, reason: Text) -> None:
        self.reason = reason
        super().__init__(str(reason))


_REDIRECTION = re.compile(r"\s*(?:\d|&)?>+\s*(?:&\d|\S+)")
_SEPARATORS = re.compile(r"&&|\|\||;|\n")
_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\n]*")
_ASSIGNMENT = re.compile(r"([\w./-]+)=(.*)", re.DOTALL)


def understand(text: str) -> tuple[Step, ...]:
    """The steps of some shell lines, in their order; raises UnknownCommandError.

    >>> understand("sysctl -q net.ipv4.tcp_ecn=1  # fully")
    (SetKnob(name='tcp_ecn', value='1', remembered=False),)
    """
    joined = _COMMENT.sub("", text.replace("\\\n", " "))
    return tuple(step for line in _SEPARATORS.split(joined) if line.strip() for step in _understand_one(line.strip()))


def _understand_one(line: str) -> Iterator[Step]:
    stages = [_words(stage) for stage in _REDIRECTION.sub("", line).split("|")]
    stages = [stage for stage in stages if stage]
    if not stages:
        return
    command, *arguments = stages[0]
    program = command.rsplit("/", 1)[-1]
    if program == "echo" and (written := re.search(r">\s*(\S+)\s*$", line)):
        yield _written(" ".join(arguments), written[1])
        return
    reader = _COMMANDS.get(program)
    if reader is None and program.startswith("sysctl_restore_"):
        yield Restore()
        return
    if reader is None:
        raise UnknownCommandError(msg('the command "{command}" is not known here', command=line))
    try:
        yield from reader(arguments, stages[1:])
    except (ValueError, IndexError):
        raise UnknownCommandError(msg('"{command}" is not understood', command=line)) from None


def _words(stage: str) -> list[str]:
    try:
        return shlex.split(stage)
    except ValueError:
        raise UnknownCommandError(msg('"{command}" is not understood', command=stage)) from None


def _knob(name: str, value: str, *, remembered: bool) -> SetKnob:
    """A knob named by a dotted path, a path with strokes, or a file below /proc/sys."""
    return SetKnob(re.split(r"[./]", name)[-1], value.strip().strip("\"'"), remembered)


def _written(value: str, path: str) -> Step:
    if path.startswith("/proc/sys/"):
        return _knob(path, value, remembered=False)
    if path.startswith("/sys/module/tcp_cubic/parameters/"):
        return SetKnob(path.rsplit("/", 1)[-1], value)
    raise UnknownCommandError(msg("writing to {path} has no meaning here", path=path))


def _sysctl(arguments: list[str], _: list[list[str]]) -> Iterator[Step]:
    for argument in arguments:
        if found := _ASSIGNMENT.fullmatch(argument):
            yield _knob(found[1], found[2], remembered=False)
        elif not argument.startswith("-"):
            raise ValueError(argument)


def _set_sysctls(arguments: list[str], _: list[list[str]]) -> Iterator[Step]:
    for argument in arguments:
        found = _ASSIGNMENT.fullmatch(argument)
        if found is None:
            raise ValueError(argument)
        yield _knob(found[1], found[2], remembered=True)


def _defaults(_: list[str], __: list[list[str]]) -> Iterator[Step]:
    yield FlushMetrics()
    for name, value in DEFAULTS:
        yield SetKnob(name, value)


def _ip(arguments: list[str], _: list[list[str]]) -> Iterator[Step]:
    words = [word for word in arguments if not word.startswith("-")]
    if words[:2] == ["tcp_metrics", "flush"]:
        yield FlushMetrics()
        return
    if words[0] != "route" or words[1] not in {"change", "replace", "add"}:
        raise ValueError(words[0])
    found: dict[str, int] = {}
    for index, word in enumerate(words):
        if word in {"mtu", "advmss", "initcwnd"}:
            found[word] = int(words[index + 2] if words[index + 1] == "lock" else words[index + 1])
    yield Route(found.get("mtu"), found.get("advmss"), found.get("initcwnd"))


def _tc(arguments: list[str], _: list[list[str]]) -> Iterator[Step]:
    if arguments[0] != "qdisc":
        raise ValueError(arguments[0])
    if arguments[1] in {"delete", "del"}:
        yield Queue(None)
        return
    limit = int(arguments[arguments.index("limit") + 1]) if "limit" in arguments else None
    kind = next(word for word in arguments if word in {"pfifo", "fq", "bfifo", "pfifo_fast"})
    yield Queue(limit, paced=kind == "fq")


def _ethtool(arguments: list[str], _: list[list[str]]) -> Iterator[Step]:
    switches = dict(zip(arguments[2::2], arguments[3::2], strict=True))
    yield Offload(any(switches.get(name) != "off" for name in ("tso", "gso")))


def _nstat(_: list[str], later: list[list[str]]) -> Iterator[Step]:
    yield ExpectCounter(later[0][-1]) if later and later[0][0] == "grep" else MarkCounters()


def _grep(arguments: list[str], _: list[list[str]]) -> Iterator[Step]:
    if arguments[0].strip() != "0A" or not all(name.startswith("/proc/net/tcp") for name in arguments[1:]):
        raise ValueError(arguments[0])
    yield ExpectListener()


def _dd(arguments: list[str], _: list[list[str]]) -> Iterator[Step]:
    said = dict(argument.split("=", 1) for argument in arguments)
    if said.get("if") != "/dev/zero":
        raise ValueError(said.get("if"))
    yield MakeFile(said["of"], int(said.get("bs", "512")) * int(said["count"]))


def _nothing(_: list[str], __: list[list[str]]) -> Iterator[Step]:
    yield from ()


_COMMANDS: Mapping[str, Callable[[list[str], list[list[str]]], Iterator[Step]]] = {
    "sysctl": _sysctl,
    "set_sysctls.py": _set_sysctls,
    "defaults.sh": _defaults,
    "ip": _ip,
    "tc": _tc,
    "ethtool": _ethtool,
    "nstat": _nstat,
    "grep": _grep,
    "dd": _dd,
    "rm": _nothing,
    "true": _nothing,
    "sleep": _nothing,
    "echo": _nothing,
}
