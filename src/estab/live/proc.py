"""Files of /proc, as the calling thread sees them.

/proc/net is a link to /proc/self/net, which is the namespace of the process's first thread; a thread that has changed its namespace
must read /proc/thread-self/net.
"""

from __future__ import annotations

import pathlib

PROC = pathlib.Path("/proc")


def read_net(name: str) -> str:
    """A file of /proc/net in the calling thread's network namespace; raises OSError."""
    return (PROC / "thread-self" / "net" / name).read_text(encoding="ascii", errors="replace")


def read_proc(name: str) -> str:
    """Another file of /proc; raises OSError."""
    return (PROC / name).read_text(encoding="utf-8", errors="replace")
