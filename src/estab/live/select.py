"""Which sockets a filter names, and in which order they stand: masks over the table, no loop over sockets."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from estab.errors import MisuseError
from estab.live.expression import Comparison, Either, Every, Node, Not, Operator, fields_of, parse
from estab.live.fields import FIELDS, Column, Field, Kind, find_field, read_value
from estab.live.literals import Network
from estab.live.view import View
from estab.machine.states import State
from estab.text import msg

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

_COMPARE: Mapping[Operator, Callable[[Any, Any], Any]] = {
    Operator.EQUAL: operator.eq,
    Operator.LESS: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.MORE: operator.gt,
    Operator.AT_LEAST: operator.ge,
}
_NEGATED = {Operator.UNEQUAL: Operator.EQUAL, Operator.MATCHES_NOT: Operator.MATCHES}


def read_filter(text: str) -> Node:
    """The tree of a filter on sockets; raises ExpressionError, which names the column."""
    return parse(text, find_field, read_value)


def needs_owners(names: Iterable[str]) -> bool:
    """Whether one of these fields asks for processes."""
    return any(FIELDS[name].of_owner for name in names)


def filter_needs_owners(node: Node) -> bool:
    """Whether a filter asks for processes."""
    return needs_owners(fields_of(node))


def matching(view: View, node: Node) -> Mask:
    """The sockets of which the filter holds."""
    match node:
        case Comparison():
            return _compared(view, node)
        case Not(part=part):
            return ~matching(view, part)
        case Every(parts=parts):
            return np.asarray(np.logical_and.reduce([matching(view, part) for part in parts]))
        case Either(parts=parts):
            return np.asarray(np.logical_or.reduce([matching(view, part) for part in parts]))


def _compared(view: View, node: Comparison) -> Mask:
    """One comparison.  A negated one holds where the value is known and differs."""
    field = FIELDS[node.field]
    plain = _NEGATED.get(node.operator, node.operator)
    if field.texts is not None:
        held, known = _text_held(field.texts(view), plain, node.values)
    elif field.columns is not None:
        held, known = _number_held(field.columns(view), plain, node.values)
    else:
        held = np.logical_or.reduce([_inside(view, side, value) for side in field.sides for value in node.values])
        known = np.ones(len(view), bool)
    return known & ~held if node.operator in _NEGATED else held


def _number_held(columns: tuple[Column, ...], plain: Operator, values: tuple[Any, ...]) -> tuple[Mask, Mask]:
    compare = _COMPARE[plain]
    held = np.zeros(len(columns[0].values), bool)
    known = np.zeros(len(columns[0].values), bool)
    for column in columns:
        fits = np.logical_or.reduce([compare(column.values, value) for value in values])
        held |= fits if column.known is None else fits & column.known
        known |= True if column.known is None else column.known
    return held, known


def _text_held(texts: list[tuple[str, ...]], plain: Operator, values: tuple[Any, ...]) -> tuple[Mask, Mask]:
    """Texts are few and repeated: each is looked at once."""
    if plain is Operator.MATCHES:
        fits = {text: any(value.search(part) for part in text for value in values) for text in set(texts)}
    else:
        fits = {text: any(value in text for value in values) for text in set(texts)}
    held = np.fromiter((fits[text] for text in texts), bool, len(texts))
    return held, np.fromiter((bool(text) for text in texts), bool, len(texts))


def _inside(view: View, side: str, network: Network) -> Mask:
    """Which addresses of a side are in a network, and have its port."""
    words = view.table[f"{side}_address"]
    held: Mask = np.ones(len(view), bool)
    for place in range(4):
        if network.mask[place]:
            held &= (words[:, place] & np.uint32(network.mask[place])) == network.words[place]
    if network.port is not None:
        held &= view.table[f"{side}_port"] == network.port
    return held


STATE_ORDER = (
    State.LISTEN, State.SYN_SENT, State.SYN_RECEIVED, State.ESTABLISHED, State.CLOSE_WAIT, State.LAST_ACK, State.FIN_WAIT_1,
    State.FIN_WAIT_2, State.CLOSING, State.TIME_WAIT, State.CLOSED,
)  # fmt: skip
"""The order in which tables show states: that of a connection's life."""
_STATE_RANK = np.zeros(len(State), np.int64)
_STATE_RANK[list(STATE_ORDER)] = range(len(STATE_ORDER))


def read_order(text: str) -> tuple[tuple[str, bool], ...]:
    """Fields of `state,-age` with whether each descends; raises MisuseError for one that does not exist or has no order."""
    keys = []
    for word in text.split(","):
        wanted = word.strip()
        name = find_field(wanted.removeprefix("-"))
        if name is None:
            raise MisuseError(msg("no such field: {name}; estab sockets --fields lists them", name=wanted))
        keys.append((name, wanted.startswith("-")))
    return tuple(keys)


def ordered(view: View, rows: Rows, keys: Sequence[tuple[str, bool]]) -> Rows:
    """The rows in the order of these fields; what is unknown stands last, and equal ones by state, local end and peer."""
    columns = [_rank(view, FIELDS[name], descending=descending)[rows] for name, descending in reversed(keys)]
    return rows[np.lexsort([*_ends(view, rows), *columns])]


def _ends(view: View, rows: Rows) -> list[npt.NDArray[Any]]:
    """Keys of the standing order, least important first: state, local port and address, remote port and address, as few as there can be."""
    table = view.table
    here, there = (table[f"{side}_address"][rows].astype(np.uint64) for side in ("local", "remote"))
    port_here, port_there = (table[f"{side}_port"][rows].astype(np.uint64) for side in ("local", "remote"))
    word, port = np.uint64(32), np.uint64(16)
    state = _STATE_RANK[table["state"][rows]].astype(np.uint64)
    return [
        there[:, 2] << word | there[:, 3],
        there[:, 0] << word | there[:, 1],
        here[:, 3] << port | port_there,
        here[:, 1] << word | here[:, 2],
        state << (word + port) | port_here << word | here[:, 0],
    ]


def _rank(view: View, field: Field, *, descending: bool) -> npt.NDArray[Any]:
    """Numbers that stand as the field's values do."""
    if field.texts is not None:
        texts = [", ".join(text) for text in field.texts(view)]
        _, ranks = np.unique(np.array(texts, object), return_inverse=True)
        known = np.fromiter((bool(text) for text in texts), bool, len(texts))
    elif field.columns is not None:
        column = field.columns(view)[0]
        ranks = _STATE_RANK[column.values] if field.kind is Kind.STATE else column.values.astype(np.float64)
        known = np.ones(len(view), bool) if column.known is None else column.known
    else:
        words = view.table[f"{field.sides[0]}_address"]
        _, ranks = np.unique(words, axis=0, return_inverse=True)
        known = np.ones(len(view), bool)
    signed = -ranks.astype(np.float64) if descending else ranks.astype(np.float64)
    signed[~known] = np.inf
    return signed
