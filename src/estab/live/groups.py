"""Sockets counted by what they have in common: their state, their peer, their process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from estab.errors import MisuseError
from estab.flow import spell_address
from estab.live.fields import FIELDS, Field, Kind, find_field
from estab.live.literals import TIMERS
from estab.live.view import View
from estab.machine.states import State
from estab.snapshot_table import distinct_addresses
from estab.text import msg

Rows = npt.NDArray[np.int64]

GROUPABLE = tuple(
    name
    for name, field in FIELDS.items()
    if field.kind in {Kind.STATE, Kind.TIMER, Kind.TEXT} or name in {"local", "peer", "local_port", "peer_port", "family", "uid", "mark"}
)
"""Fields of which several sockets have the same value."""

_TIMER_NAMES = {int(timer): name for name, timer in TIMERS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Sockets that agree in all keys; `oldest_ms` is -1 where no age is known."""

    keys: tuple[str, ...]
    count: int
    recv_queue_bytes: int
    send_queue_bytes: int
    resent: int
    oldest_ms: int


def read_keys(text: str) -> tuple[str, ...]:
    """Fields of `state,peer,process`; raises MisuseError for one by which nothing can be grouped."""
    keys = []
    for word in text.split(","):
        name = find_field(word.strip())
        if name is None or name not in GROUPABLE:
            raise MisuseError(msg("sockets cannot be grouped by {name}; by {names}", name=word.strip(), names=", ".join(GROUPABLE)))
        keys.append(name)
    return tuple(dict.fromkeys(keys))


def grouped(view: View, rows: Rows, keys: Sequence[str]) -> list[Group]:
    """The groups of these rows, the largest first."""
    if not len(rows):
        return []
    parts = [_numbered(view, rows, FIELDS[name]) for name in keys]
    which, first = np.zeros(len(rows), np.int64), np.zeros(0, np.int64)
    for names, numbers in parts:
        _, first, which = np.unique(which * len(names) + numbers, return_index=True, return_inverse=True)
    counts, table = np.bincount(which), view.table
    carries = table["state"][rows] != State.LISTEN  # a listener's queues hold connections, not bytes
    sums = [
        np.bincount(which, weights=np.where(carries, table[name][rows], 0)).astype(np.int64)
        for name in ("recv_queue", "send_queue", "total_retrans")
    ]
    oldest = np.full(len(first), -1, np.int64)
    np.maximum.at(oldest, which, view.age_ms[rows])
    together = np.stack([numbers[first] for _, numbers in parts], axis=1)
    groups = [
        Group(
            keys=tuple(names[number] for (names, _), number in zip(parts, numbers, strict=True)),
            count=int(counts[place]),
            recv_queue_bytes=int(sums[0][place]),
            send_queue_bytes=int(sums[1][place]),
            resent=int(sums[2][place]),
            oldest_ms=int(oldest[place]),
        )
        for place, numbers in enumerate(together.tolist())
    ]
    return sorted(groups, key=lambda group: (-group.count, group.keys))


def _numbered(view: View, rows: Rows, field: Field) -> tuple[list[str], npt.NDArray[np.int64]]:
    """The field's different values as texts, and for each row the number of its own."""
    if field.texts is not None:
        texts = field.texts(view)
        chosen = [", ".join(texts[row]) for row in rows.tolist()]
        known: dict[str, int] = {}
        numbers = [known.setdefault(text, len(known)) for text in chosen]
        return list(known), np.array(numbers, np.int64)
    if field.columns is None:
        addresses = view.table[f"{field.sides[0]}_address"][rows]
        rows_of, numbers_of = distinct_addresses(addresses)
        return [spell_address(tuple(words)) for words in addresses[rows_of].tolist()], numbers_of
    values, places = np.unique(field.columns(view)[0].values[rows], return_inverse=True)
    return [_spelled(field.kind, value) for value in values.tolist()], places.reshape(-1)


def _spelled(kind: Kind, value: Any) -> str:
    if kind is Kind.STATE:
        return State(value).label
    return _TIMER_NAMES.get(value, "none") if kind is Kind.TIMER else str(value)
