"""The packets of one connection, kept while captures are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from estab.lives import Life
from estab.wire.columns import PACKET

if TYPE_CHECKING:
    from estab.capture.reader import Chunk

KEPT_MAX = 100_000
"""Packets of one connection that are kept; the others are only counted."""

FIELDS = tuple(name for name in PACKET.names or () if name not in {"hash", "padding", "interface", "checksum"})


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet with the columns of `wire.columns.PACKET` that reports show, as plain integers in `values`."""

    values: dict[str, int]

    def __getattr__(self, name: str) -> int:
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None


class PacketKeeper:
    """Watches chunks that were tracked (see `api.analyse`) and keeps the packets of one connection."""

    def __init__(self, connection: int) -> None:
        self.connection = connection
        self.packets: list[Packet] = []
        self.left_out = 0

    def __call__(self, chunk: Chunk) -> None:
        """Takes a chunk."""
        for row in _rows_of(chunk, self.connection):
            if len(self.packets) < KEPT_MAX:
                self.packets.append(Packet({name: int(row[name]) if isinstance(row, np.void) else getattr(row, name) for name in FIELDS}))
            else:
                self.left_out += 1


def _rows_of(chunk: Chunk, connection: int) -> list[Any]:
    if chunk.life is Life.COMPILED:
        rows = chunk.rows[: chunk.count]
        return list(rows[rows["connection"] == connection])
    return [row for row in chunk.rows[: chunk.count] if row.connection == connection]
