"""Rows of any life as plain values, for the tests of `capture`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from estab.capture.order import Block
from estab.capture.reader import Reader
from estab.capture.summary import CaptureSummary
from estab.lives import Life, rows_to_table
from estab.wire.columns import PACKET


def block_of(life: Life, times: list[int], first_frame: int = 1, frames: list[int] | None = None) -> Block:
    """A block whose rows have these times, and frames in order unless given."""
    numbers = list(range(first_frame, first_frame + len(times))) if frames is None else frames
    rows = life.rows(PACKET, len(times) + 2)
    for index, (time_ns, number) in enumerate(zip(times, numbers, strict=True)):
        if life is Life.COMPILED:
            rows[index]["time_ns"], rows[index]["frame"] = time_ns, number
        else:
            rows[index].time_ns, rows[index].frame = time_ns, number
    return Block(rows, len(times), life)


def column(block: Any, name: str) -> list[int]:
    """A column of the valid rows of a block or a chunk."""
    if block.life is Life.COMPILED:
        return [int(value) for value in block.rows[name][: block.count]]
    return [getattr(row, name) for row in block.rows[: block.count]]


def read_all(paths: Sequence[str | os.PathLike[str]], **how: Any) -> tuple[np.ndarray[Any, Any], CaptureSummary]:
    """All rows of a capture as one table, and its summary."""
    reader = Reader(paths, **how)
    parts = []
    for chunk in reader:
        if chunk.life is Life.COMPILED:
            parts.append(chunk.rows[: chunk.count].copy())
        else:
            parts.append(rows_to_table(chunk.rows[: chunk.count], PACKET))
    return (np.concatenate(parts) if parts else np.zeros(0, PACKET)), reader.summary


def differing(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> list[str]:
    """Names of the columns in which two tables differ; alignment gaps do not count."""
    if len(one) != len(other):
        return [f"{len(one)} rows and {len(other)}"]
    return [name for name in PACKET.names or () if (one[name] != other[name]).any()]
