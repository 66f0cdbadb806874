"""Network namespaces: which there are, and calls made inside one.

A call is made by a thread of its own that enters the namespace with setns(2) and ends with the call, so that the program itself stays
where it is.  `ip netns exec` would mount another /sys besides; nothing is mounted here.
"""

from __future__ import annotations

import ctypes
import errno
import os
import pathlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from estab.errors import InputError, MisuseError, PermissionNeeded
from estab.text import msg

Result = TypeVar("Result")

FOLDER = pathlib.Path("/run/netns")
_CLONE_NEWNET = 0x40000000


@dataclass(frozen=True, slots=True)
class Namespace:
    """A network namespace: the file that leads into it, and its inode, which tells it from all others."""

    path: pathlib.Path
    inode: int
    name: str = ""


def own_namespace() -> Namespace:
    """The calling thread's namespace."""
    return _at(pathlib.Path("/proc/thread-self/ns/net"), "")


def named_namespace(name: str) -> Namespace:
    """The namespace that `ip netns` made under this name; raises MisuseError where there is none."""
    if not name or "/" in name or name.startswith("."):
        raise MisuseError(msg("{name} is no name of a network namespace", name=repr(name)))
    try:
        return _at(FOLDER / name, name)
    except FileNotFoundError:
        there = ", ".join(sorted(path.name for path in FOLDER.iterdir())) if FOLDER.is_dir() else ""
        if there:
            raise MisuseError(msg("no network namespace {name}; there are {names}", name=name, names=there)) from None
        raise MisuseError(msg("no network namespace {name}; there are no named ones", name=name)) from None


def namespace_of_process(pid: int) -> Namespace:
    """The namespace of a process, such as one in a container; raises MisuseError where there is no such process."""
    try:
        return _at(pathlib.Path(f"/proc/{pid}/ns/net"), "")
    except PermissionNeeded as problem:
        reason = msg("the network namespace of process {pid} may not be seen", pid=pid)
        raise PermissionNeeded(reason, capability=problem.capability) from None
    except FileNotFoundError:
        raise MisuseError(msg("no process {pid}", pid=pid)) from None


def chosen_namespace(netns: str | None, pid: int | None) -> Namespace | None:
    """The namespace of a name or of a process, None where neither is given; raises MisuseError for both."""
    if netns is not None and pid is not None:
        raise MisuseError(msg("only one of --netns and --pid"))
    if netns is not None:
        return named_namespace(netns)
    return None if pid is None else namespace_of_process(pid)


def _at(path: pathlib.Path, name: str) -> Namespace:
    try:
        return Namespace(path, path.stat().st_ino, name)
    except PermissionError:
        raise PermissionNeeded(msg("{path} may not be seen", path=str(path)), capability="CAP_SYS_PTRACE") from None


def call_inside(namespace: Namespace | None, call: Callable[[], Result]) -> Result:
    """The result of a call made in a namespace; None is the caller's own.  Raises PermissionNeeded, and whatever the call raises."""
    if namespace is None or namespace.inode == own_namespace().inode:
        return call()
    results: list[Result] = []
    problems: list[BaseException] = []

    def work() -> None:
        try:
            _enter(namespace)
            results.append(call())
        except BaseException as problem:  # noqa: BLE001 - told to the caller below
            problems.append(problem)

    thread = threading.Thread(target=work, name=f"netns {namespace.name or namespace.inode}")
    thread.start()
    thread.join()
    if problems:
        raise problems[0]
    return results[0]


def _enter(namespace: Namespace) -> None:
    """Moves the calling thread into a namespace; raises InputError where it has gone since it was chosen."""
    gone = InputError(msg("this network namespace is gone"), path=namespace.name or str(namespace.path))
    try:
        descriptor = os.open(namespace.path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise gone from None
    try:
        if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET) != 0:
            code = ctypes.get_errno()
            if code == errno.EINVAL:  # its name is left, and leads nowhere
                raise gone
            raise PermissionNeeded(
                msg("a network namespace cannot be entered: {reason}", reason=os.strerror(code)), capability="CAP_SYS_ADMIN"
            )
    finally:
        os.close(descriptor)
