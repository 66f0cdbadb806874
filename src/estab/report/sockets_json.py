"""Sockets as the document `estab.sockets/1`, made column by column."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from estab.flow import Endpoint, spell_address
from estab.machine.states import State
from estab.snapshot import CongestionState, Owner, TcpInfo, TimerKind
from estab.snapshot_table import MEMORY_FIELDS
from estab.text import Text, Translator

if TYPE_CHECKING:
    from estab.live.groups import Group
    from estab.live.listing import Listing

SCHEMA = "estab.sockets/1"
Document = dict[str, Any]
ROWS_AT_ONCE = 1000

_INFO = tuple(field.name for field in dataclasses.fields(TcpInfo) if field.name not in {"state", "ca_state", "delivery_rate_app_limited"})
_PLAIN = ("recv_queue", "send_queue", "uid", "inode", "cookie", "mark", "shutdown", "v6only", "cgroup", "family")


def sockets_to_dict(listing: Listing, translator: Translator | None = None) -> Document:
    """The whole document."""
    name, items = members(listing)
    return {**head(listing, translator or Translator()), name: list(items)}


def members(listing: Listing) -> tuple[str, Iterator[Document]]:
    """The document's long list: its name, and its items as they are made."""
    return ("groups", _groups(listing)) if listing.keys else ("sockets", _sockets(listing))


def head(listing: Listing, tr: Translator) -> Document:
    """The document without its list."""
    host = listing.host
    return {
        "schema": SCHEMA,
        "host": {
            "taken_ns": host.taken_ns,
            "boot_ns": host.boot_ns,
            "kernel": host.kernel,
            "namespace": host.namespace,
            "netns": listing.netns or None,
            "initial_namespace": host.is_initial_namespace,
        },
        "filter": listing.request.filter,
        "total": listing.total,
        "matching": listing.matching,
        "left_out": listing.left_out,
        "states": {state.label: count for state, count in listing.states.items()},
        "unseen": {name: tr(reason) if isinstance(reason, Text) else reason for name, reason in host.unseen.items()},
    }


def _groups(listing: Listing) -> Iterator[Document]:
    yield from (_group(listing.keys, group) for group in listing.groups)


def _group(keys: tuple[str, ...], group: Group) -> Document:
    return {
        "keys": dict(zip(keys, group.keys, strict=True)),
        "count": group.count,
        "recv_queue_bytes": group.recv_queue_bytes,
        "send_queue_bytes": group.send_queue_bytes,
        "resent": group.resent,
        "oldest_ms": None if group.oldest_ms < 0 else group.oldest_ms,
    }


def _sockets(listing: Listing) -> Iterator[Document]:
    for begin in range(0, len(listing.rows), ROWS_AT_ONCE):
        yield from _batch(listing, listing.rows[begin : begin + ROWS_AT_ONCE])


def _batch(listing: Listing, rows: Any) -> Iterator[Document]:
    """Some rows as documents."""
    view = listing.view
    table = view.table[rows]
    columns = {name: table[name].tolist() for name in (*_PLAIN, *_INFO, *MEMORY_FIELDS)}
    ends = {side: _ends(table, side) for side in ("local", "remote")}
    limited, ca_states = table["delivery_rate_app_limited"].tolist(), table["ca_state"].tolist()
    timers = list(zip(table["timer"].tolist(), table["timer_expires_ms"].tolist(), table["timer_retries"].tolist(), strict=True))
    ages, idle = view.age_ms[rows].tolist(), view.idle_ms[rows].tolist()
    interfaces = {index: interface.name for index, interface in listing.host.interfaces.items()}
    informed, remembered = table["has_info"].tolist(), table["has_memory"].tolist()
    for place, (state, interface, congestion) in enumerate(
        zip(table["state"].tolist(), table["interface"].tolist(), table["congestion"].tolist(), strict=True)
    ):
        document: Document = {"state": State(state).label, "local": ends["local"][place], "remote": ends["remote"][place]}
        document |= {name: columns[name][place] for name in _PLAIN}
        document["timer"] = _timer(*timers[place])
        document["age_ms"] = None if ages[place] < 0 else ages[place]
        document["idle_ms"] = None if idle[place] < 0 else idle[place]
        document["interface"] = interfaces.get(interface, str(interface)) if interface else None
        document["congestion"] = congestion.decode(errors="replace") or None
        document["info"] = None
        if informed[place] and state != State.LISTEN:
            document["info"] = {name: columns[name][place] for name in _INFO} | {
                "ca_state": _ca_name(ca_states[place]),
                "delivery_rate_app_limited": bool(limited[place]),
            }
        document["memory"] = {name: columns[name][place] for name in MEMORY_FIELDS} if remembered[place] else None
        if listing.with_owners:
            document["owners"] = [owner_to_dict(owner) for owner in view.owners_of(int(rows[place]))]
        yield document


def _ends(table: np.ndarray[Any, Any], side: str) -> list[dict[str, object]]:
    addresses, ports = table[f"{side}_address"].tolist(), table[f"{side}_port"].tolist()
    return [Endpoint(spell_address(tuple(address)), port).to_dict() for address, port in zip(addresses, ports, strict=True)]


def _timer(kind: int, expires_ms: int, retries: int) -> Document | None:
    if kind == TimerKind.NONE:
        return None
    name = TimerKind(kind).name.lower() if kind <= max(TimerKind) else str(kind)
    return {"kind": name, "expires_ms": expires_ms, "retries": retries}


def _ca_name(number: int) -> str:
    return CongestionState(number).name.lower() if number <= max(CongestionState) else str(number)


def owner_to_dict(owner: Owner) -> Document:
    """A process that holds a socket."""
    return {
        "pid": owner.pid,
        "command": owner.command,
        "descriptor": owner.descriptor,
        "command_line": owner.command_line,
        "container": owner.container or None,
        "unit": owner.unit or None,
        "started_ns": owner.started_ns or None,
    }
