"""Where a capture was taken, as seen from one connection."""

from __future__ import annotations

import enum


class Vantage(enum.IntEnum):
    """Where a connection was captured."""

    UNKNOWN = 0
    CLIENT = 1
    MIDDLE = 2
    SERVER = 3
