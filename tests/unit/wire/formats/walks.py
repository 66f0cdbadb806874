"""Walks over the bytes of a whole file in memory, as `capture` does it, for the tests of the formats."""

from __future__ import annotations

from typing import Any

import numpy as np

from estab.lives import Life
from estab.wire.formats.walker import STOP_BLOCK, STOP_DAMAGE, Walker
from estab.wire.records import RECORD

FIELDS = ("time_ns", "frame", "offset", "captured", "original", "link_type", "interface")


def walk(walker: Walker, data: bytes, life: Life, capacity: int = 3) -> tuple[list[dict[str, int]], int]:
    """All records, and why the walk ended; small tables, so that walks are interrupted often."""
    walker.live(life)
    view: Any = np.frombuffer(data, np.uint8) if life is Life.COMPILED else data
    table = life.rows(RECORD, capacity)
    found: list[dict[str, int]] = []
    while True:
        count = walker.walk(view, len(data), table, capacity)
        for index in range(count):
            row = table[index]
            found.append({name: int(row[name] if life is Life.COMPILED else getattr(row, name)) for name in FIELDS})
        if count:
            continue
        if walker.state.stop == STOP_BLOCK and walker.read_block(view, len(data)):
            continue
        if walker.state.stop == STOP_DAMAGE and walker.recover(view, len(data)):
            continue
        return found, int(walker.state.stop)
