"""Which connections a trace shows, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from estab.errors import MisuseError
from estab.flow import parse_address
from estab.machine.states import State
from estab.report.model import Analysis, rows_with_finding
from estab.text import msg

Rows = npt.NDArray[np.int64]

SORT_KEYS = ("id", "start", "duration", "packets", "bytes", "retransmits", "rtt", "client", "server")
STATES = {state.label: state for state in State}


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for; everything that is given must hold.

    `state` is spelled as in RFC 9293 (any case): connections of which a side may be in it at the end.  `endpoint` is an address with or
    without a port, `sort` keys of SORT_KEYS with `-` before one for descending, `connection` the number of one.
    """

    state: str | None = None
    endpoint: str | None = None
    finding: str | None = None
    sort: tuple[str, ...] = ()
    limit: int | None = None
    connection: int | None = None


def select(analysis: Analysis, wanted: Selection) -> tuple[Rows, int]:
    """The rows to show, in order, and how many more there are beyond the limit.  Raises MisuseError for what does not exist."""
    mask = np.ones(analysis.connections.count, bool)
    if wanted.state is not None:
        mask &= _in_state(analysis, wanted.state)
    if wanted.endpoint is not None:
        mask &= _at_endpoint(analysis, wanted.endpoint)
    if wanted.finding is not None:
        with_it = np.zeros(analysis.connections.count, bool)
        with_it[rows_with_finding(analysis, wanted.finding)] = True
        mask &= with_it
    if wanted.connection is not None:
        mask &= np.arange(analysis.connections.count) == wanted.connection
    rows = np.flatnonzero(mask)
    if wanted.sort:
        keys = [_sort_key(analysis, key)[rows] for key in reversed(wanted.sort)]
        rows = rows[np.lexsort(keys)]
    shown = rows if wanted.limit is None else rows[: wanted.limit]
    return shown, len(rows) - len(shown)


def _in_state(analysis: Analysis, name: str) -> npt.NDArray[np.bool_]:
    state = STATES.get(name.upper().replace("_", "-"))
    if state is None:
        raise MisuseError(msg("no such state: {name}; there are {names}", name=name, names=", ".join(STATES)))
    bit = 1 << int(state)
    connections = analysis.connections
    return np.asarray(((connections.states_now(0) | connections.states_now(1)) & bit) != 0)


def _at_endpoint(analysis: Analysis, text: str) -> npt.NDArray[np.bool_]:
    address, port = split_endpoint(text)
    try:
        words = parse_address(address)
    except ValueError:
        raise MisuseError(msg("not an address: {address}; write 10.0.0.1, 10.0.0.1:80 or [2001:db8::1]:80", address=address)) from None
    connections = analysis.connections
    found = np.zeros(connections.count, bool)
    for letter in "ab":
        here = np.ones(connections.count, bool)
        for place, word in enumerate(words):
            here &= getattr(connections, f"{letter}{place}") == word
        if port is not None:
            here &= getattr(connections, f"{letter}_port") == port
        found |= here
    return found


def split_endpoint(text: str) -> tuple[str, int | None]:
    """Address and port of `10.0.0.1`, `10.0.0.1:80`, `2001:db8::1` or `[2001:db8::1]:80`.

    >>> split_endpoint("[2001:db8::1]:80"), split_endpoint("2001:db8::1"), split_endpoint("10.0.0.1:80")
    (('2001:db8::1', 80), ('2001:db8::1', None), ('10.0.0.1', 80))
    """
    address, port = text, ""
    if text.startswith("["):
        address, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":")
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    if not port:
        return address, None
    if not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise MisuseError(msg("not a port: {port}", port=port))
    return address, int(port)


def _sort_key(analysis: Analysis, key: str) -> npt.NDArray[Any]:
    name = key.removeprefix("-")
    if name not in SORT_KEYS:
        raise MisuseError(msg("no such key to sort by: {name}; there are {names}", name=name, names=", ".join(SORT_KEYS)))
    connections = analysis.connections
    client, server = connections.client, connections.server
    values: npt.NDArray[Any]
    match name:
        case "id":
            values = np.arange(connections.count)
        case "start":
            values = connections.first_ns
        case "duration":
            values = analysis.facts.duration_ns
        case "packets":
            values = client.packets + server.packets
        case "bytes":
            values = client.payload_bytes + server.payload_bytes
        case "retransmits":
            values = client.retransmits + server.retransmits
        case "rtt":
            values = analysis.facts.handshake_rtt_ns
        case _:
            values = _address_order(analysis, "a" if name == "client" else "b")
    return -values if key.startswith("-") else values


def _address_order(analysis: Analysis, letter: str) -> npt.NDArray[Any]:
    """Ranks of endpoints: by address, then port."""
    connections = analysis.connections
    columns = [getattr(connections, f"{letter}_port"), *(getattr(connections, f"{letter}{place}") for place in (3, 2, 1, 0))]
    ranks = np.empty(connections.count, np.int64)
    ranks[np.lexsort(columns)] = np.arange(connections.count)
    return ranks
