"""Sysctls: read as they stand, and written one at a time.

What is declared as a setting of a namespace is read in the calling thread's namespace: /proc/sys/net shows that of whoever reads.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterable, Mapping

from estab.errors import MisuseError, PermissionNeeded
from estab.knobs.catalog import KNOBS
from estab.knobs.declare import Knob
from estab.live.unseen import reason_of
from estab.text import Text, msg

ROOT = pathlib.Path("/proc/sys")
_ONLY_AT_HOME = pathlib.Path("net/core/netdev_max_backlog")
"""Is there in the initial network namespace only."""


def path_of(kernel_path: str) -> pathlib.Path:
    """The file of a dotted sysctl path.

    >>> str(path_of("net.ipv4.tcp_fin_timeout"))
    '/proc/sys/net/ipv4/tcp_fin_timeout'
    """
    return ROOT / kernel_path.replace(".", "/")


def read_setting(kernel_path: str) -> str:
    """A value as the kernel prints it, with single spaces; raises OSError."""
    return " ".join(path_of(kernel_path).read_text(encoding="ascii", errors="replace").split())


def read_settings(knobs: Iterable[Knob] | None = None) -> tuple[dict[str, str], Mapping[str, Text]]:
    """The sysctls among the knobs by short name; and those that may not be read.  One that this kernel or namespace lacks is in neither."""
    found: dict[str, str] = {}
    unseen: dict[str, Text] = {}
    for knob in KNOBS.values() if knobs is None else knobs:
        if not knob.is_sysctl:
            continue
        try:
            found[knob.name] = read_setting(knob.kernel_path)
        except FileNotFoundError:
            continue
        except OSError as problem:
            unseen[f"knobs.{knob.name}"] = reason_of(problem)
    return found, unseen


def read_per_interface(name: str) -> dict[str, str]:
    """A setting of `net.ipv4.conf` for each interface, by full path; of rp_filter the kernel takes the larger of this and `all`."""
    folder = ROOT / "net/ipv4/conf"
    found: dict[str, str] = {}
    for interface in sorted(folder.iterdir()) if folder.is_dir() else ():
        try:
            found[f"net.ipv4.conf.{interface.name}.{name}"] = (interface / name).read_text(encoding="ascii").strip()
        except OSError:
            continue
    return found


def is_initial_namespace() -> bool:
    """Whether the calling thread is in the host's first network namespace."""
    return (ROOT / _ONLY_AT_HOME).exists()


def write_setting(kernel_path: str, value: str) -> None:
    """Sets one sysctl.  Raises PermissionNeeded, or MisuseError where the kernel has no such setting or does not take the value."""
    try:
        # One write(2): the kernel takes a vector (tcp_rmem) whole or not at all, and an empty value only with its newline.
        descriptor = os.open(path_of(kernel_path), os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(descriptor, f"{value}\n".encode("ascii"))
        finally:
            os.close(descriptor)
    except PermissionError:
        raise PermissionNeeded(msg("{name} may not be written here", name=kernel_path), capability="CAP_NET_ADMIN") from None
    except FileNotFoundError:
        raise MisuseError(msg("this kernel or this namespace has no {name}", name=kernel_path)) from None
    except OSError as problem:
        raise MisuseError(
            msg("the kernel does not take {value} for {name}: {reason}", value=value, name=kernel_path, reason=problem.strerror)
        ) from None
