"""Exit statuses."""

from __future__ import annotations

import enum


class Exit(enum.IntEnum):
    """How the command ended."""

    DONE = 0
    FOUND = 1
    """With --fail-on: a finding of that severity or worse exists; `drill`: a script fails."""
    UNUSABLE = 2
    """The input or the arguments cannot be used."""
    NOT_PERMITTED = 3
    INTERRUPTED = 130
    """Ctrl-C; what had been read was printed."""
