"""The result of tracking: connections as columns, with roles settled.

For everyone but the packet loop, side 0 of a connection is the client (active opener) and side 1 the server.  Where no SYN was seen the
roles are a guess (`roles_known` is false): the lower port, a well-known one most of all, belongs to the server.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from estab.flow import Endpoint, spell_address
from estab.instant import SECOND_NS
from estab.machine.states import State
from estab.track import outcome
from estab.track.columns import Column, Columns, Room
from estab.track.numbers import numbered
from estab.track.path import narrate
from estab.track.records import (
    CONNECTION,
    CROSSING_FINS,
    FIN_ACKED,
    FIN_SENT,
    HAS_ACKED,
    REFUSED,
    RST_SENT,
    SAW_SYN,
    SAW_SYN_ACK,
    SIDE,
    TRANSITION,
    WINDOW_IS_ZERO,
)

CLIENT, SERVER = 0, 1

TIME_WAIT_NS = 60 * SECOND_NS
"""TCP_TIMEWAIT_LEN of Linux (include/net/tcp.h); after it the endpoint may have forgotten the connection."""
SETTLED_NS = SECOND_NS
"""Silence after which a lost ACK of a FIN would have shown: the FIN is repeated within 200 ms and a round trip (RFC 6298 §2.4: 1 s)."""
SYN_OVERDUE_NS = SECOND_NS + SECOND_NS // 2
"""Silence after which a SYN or SYN-ACK without an answer would have been repeated (RFC 6298 §2.1: after 1 s); who does not has given up,
was no TCP at all, or answered by a SYN cookie and remembers nothing."""
GAVE_UP_REPEATS = 3
PATHS_AT_ONCE = 8192
"""Connections whose logs are unpacked together."""

_CLOSED, _LISTEN, _SYN_SENT, _ESTABLISHED = (1 << int(s) for s in (State.CLOSED, State.LISTEN, State.SYN_SENT, State.ESTABLISHED))
_SYN_RECEIVED, _FIN_WAIT_1, _FIN_WAIT_2 = (1 << int(s) for s in (State.SYN_RECEIVED, State.FIN_WAIT_1, State.FIN_WAIT_2))
_CLOSING, _LAST_ACK, _TIME_WAIT = (1 << int(s) for s in (State.CLOSING, State.LAST_ACK, State.TIME_WAIT))


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of an endpoint's set of possible states: when, by which packet, and the set (a mask of `State`)."""

    time_ns: int
    frame: int
    states: int


class Connections:
    """Connections in the order of their first packets; `client.<field>`, `server.<field>` and `<field>` are columns.

    Fields of a side are those of `records.SIDE`, fields of a connection those of `records.CONNECTION`.
    """

    def __init__(
        self, connections: npt.NDArray[Any], sides: npt.NDArray[Any], log: npt.NDArray[Any], *, first_ns: int = 0, last_ns: int = 0
    ) -> None:
        self.first_ns_of_capture, self.last_ns_of_capture = first_ns, last_ns
        self.count = len(connections)
        pairs = sides.reshape(self.count, 2)
        self.swapped = _guess_swapped(connections, pairs)
        self._connections = _with_roles(connections, self.swapped)
        turned = self.swapped if self.swapped.any() else None
        room = Room()
        self.client, self.server = Columns(pairs[:, 0], pairs[:, 1], turned, room), Columns(pairs[:, 1], pairs[:, 0], turned, room)
        for side, columns in ((CLIENT, self.client), (SERVER, self.server)):
            columns.lessen("payload_bytes", functools.partial(self._mirrored_bytes, side))
        self._columns = Columns(self._connections, room=room)
        self._log = log

    def __getattr__(self, name: str) -> Column:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._columns, name)

    def forget_columns(self) -> None:
        """Gives up the memory of columns; what is asked for again is read again."""
        for columns in (self.client, self.server, self._columns):
            columns.forget()

    def side(self, side: int) -> Columns:
        """The columns of side 0 (client) or 1 (server)."""
        return self.server if side else self.client

    @functools.cached_property
    def roles_known(self) -> npt.NDArray[np.bool_]:
        """True where a SYN or SYN-ACK told who opened."""
        return (self.marks & (SAW_SYN | SAW_SYN_ACK)) != 0

    def mirrored(self, side: int) -> npt.NDArray[np.bool_]:
        """True where practically every packet of a side was captured more than once: by a mirror port, or on two interfaces.

        Copies that the network made reach the receiver, which says so (D-SACK); those of the capture do not.
        """
        return self._mirrored[side]

    @functools.cached_property
    def _mirrored(self) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        sides = self.client, self.server
        copies, packets = sum(side.duplicates for side in sides), sum(side.packets for side in sides)
        everywhere = 5 * int(np.sum(copies)) >= 2 * max(1, int(np.sum(packets)))
        around = everywhere | (5 * copies >= 2 * packets)
        return tuple(  # type: ignore[return-value]
            (me.duplicates > 0)
            & (5 * me.duplicates >= 2 * me.packets)
            & (around | (me.duplicates >= 3))
            & (2 * peer.dsacks < me.duplicates)
            for me, peer in (sides, sides[::-1])
        )

    def _mirrored_bytes(self, side: int) -> Column:
        """Payload of the copies that the capture made."""
        return np.where(self.mirrored(side), self.side(side).duplicate_bytes, 0)

    @functools.cached_property
    def gave_up(self) -> npt.NDArray[np.bool_]:
        """True where a side repeated itself to the end without an answer: it has given up, or will."""
        return self._gave_up(CLIENT) | self._gave_up(SERVER)

    def _gave_up(self, side: int) -> npt.NDArray[np.bool_]:
        """A side's last words were repetitions: three of one segment, or two SYNs or probes."""
        me, peer = self.side(side), self.side(1 - side)
        data = (me.run >= GAVE_UP_REPEATS) & (peer.last_ns < me.retransmit_last_ns)
        opening = (me.retransmit_syn + me.retransmit_syn_ack >= 1) & (peer.last_ns <= me.last_syn_ns) & (me.last_ns == me.last_syn_ns)
        probes = (me.keepalive_run >= 2) & (peer.last_ns < me.keepalive_last_ns)
        return np.asarray(data | opening | probes)

    @functools.cached_property
    def tail_ns(self) -> Column:
        """For each connection the time from its last packet to the last of the capture."""
        return np.asarray(self.last_ns_of_capture - self.last_ns)

    def states_now(self, side: int) -> npt.NDArray[np.uint16]:
        """The sets of states possible when the capture ends."""
        return self._states_at_end[side]

    @functools.cached_property
    def _states_at_end(self) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]]:
        ended = [self.side(side).states.copy() for side in (CLIENT, SERVER)]
        for side, states in enumerate(ended):
            me, peer = self.side(side), self.side(1 - side)
            acked = (me.marks & FIN_ACKED) != 0
            quiet_ns = self.last_ns_of_capture - np.maximum(me.fin_acked_ns, me.last_ns)
            settled = acked & (quiet_ns >= np.maximum(SETTLED_NS, 3 * me.rtt_max_ns))
            states[settled & (states == _LAST_ACK | _CLOSED)] = _CLOSED
            states[settled & (states == _CLOSING | _TIME_WAIT)] = _TIME_WAIT
            states[settled & (states == _FIN_WAIT_1 | _FIN_WAIT_2)] = _FIN_WAIT_2
            lasted_ns = self.last_ns_of_capture - np.maximum(me.last_ns, peer.last_ns)
            states[(states == _TIME_WAIT) & (lasted_ns >= TIME_WAIT_NS)] |= _CLOSED
            opening = np.isin(states, (_SYN_SENT, _SYN_RECEIVED)) & (peer.last_ns <= me.last_syn_ns)
            overdue = opening & (self.last_ns_of_capture - me.last_syn_ns >= SYN_OVERDUE_NS)
            hard_icmp = (self.icmp_side == side) & (self.icmp_quoted == 1) & (peer.packets == 0)
            states[(self._gave_up(side) | hard_icmp | overdue) & (states & _CLOSED == 0) & (states != 0)] |= _CLOSED
        unheard = (ended[0] == _SYN_SENT | _ESTABLISHED) & (self.server.retransmit_syn_ack > 0) & (self.client.packets > 0)
        ended[0][unheard] = _SYN_SENT | _CLOSED  # an opener that had heard the SYN-ACK would have acknowledged it
        ended[1][self.answered_for] = _CLOSED | _LISTEN
        return ended[0], ended[1]

    @functools.cached_property
    def answered_for(self) -> npt.NDArray[np.bool_]:
        """True where a refusal came with another time to live than all that the server's address sends otherwise: not from the server."""
        refused = (self.marks & REFUSED) != 0
        result = np.zeros(self.count, bool)
        if not refused.any():
            return result
        group, spoke = self.server_address_group, self.server.syn_acks > 0
        lowest, highest = np.full(self.count, 1 << 15, np.int64), np.zeros(self.count, np.int64)
        np.minimum.at(lowest, group[spoke], self.server.ttl_min[spoke])
        np.maximum.at(highest, group[spoke], self.server.ttl_max[spoke])
        ttl = self.server.rst_ttl
        known = highest[group] > 0
        return np.asarray(refused & known & ((ttl < lowest[group]) | (ttl > highest[group])))

    def endpoint(self, row: int, side: int) -> Endpoint:
        """The address and port of a side."""
        record, letter = self._connections[row], "ab"[side]
        words = tuple(int(record[f"{letter}{place}"]) for place in range(4))
        return Endpoint(spell_address(words), int(record[f"{letter}_port"]))

    @functools.cached_property
    def _log_order(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """The log's rows sorted by connection and side, and where each of both begins."""
        keys = self._log["connection"].astype(np.int64)
        keys *= 2
        keys += self._log["side"]
        keys <<= 32
        keys |= np.arange(len(keys), dtype=np.int32)  # with the row in it, sorting them needs no second array
        keys.sort()
        return keys.astype(np.int32), np.searchsorted(keys, np.arange(2 * self.count + 1) << 32)

    def timeline(self, row: int, side: int) -> list[Transition]:
        """The changes of a side's set of possible states, in order; the capture's end (see `states_now`) is not among them."""
        order, begins = self._log_order
        slot = 2 * row + (side ^ int(self.swapped[row]))
        entries = self._log[order[begins[slot] : begins[slot + 1]]]
        return [Transition(int(entry["time_ns"]), int(entry["frame"]), int(entry["states"])) for entry in entries]

    def states(self, row: int, side: int) -> list[str]:
        """The path of a side through the state machine; an element that the wire did not settle is a set (`FIN-WAIT-1|FIN-WAIT-2`)."""
        order, begins = self._log_order
        slot = 2 * row + (side ^ int(self.swapped[row]))
        sets = tuple(self._log["states"][order[begins[slot] : begins[slot + 1]]].tolist())
        answered_for = side == SERVER and bool(self.answered_for[row])
        return list(_path(sets, int(self.states_now(side)[row]), answered_for, bool(int(self.marks[row]) & CROSSING_FINS)))

    def paths(self, side: int) -> list[tuple[str, ...]]:
        """`states` of all connections at once, each different path worked out once."""
        order, begins = self._log_order
        sets, slots = self._log["states"][order], 2 * np.arange(self.count) + (side ^ self.swapped)
        begins, ends = begins[slots], begins[slots + 1]
        answered_for = self.answered_for if side == SERVER else np.zeros(self.count, bool)
        last, crossing = self.states_now(side), (self.marks & CROSSING_FINS) != 0
        known: dict[tuple[Any, ...], tuple[str, ...]] = {}
        paths = []
        for first in range(0, self.count, PATHS_AT_ONCE):
            part = slice(first, first + PATHS_AT_ONCE)
            low = int(begins[part].min())
            near = sets[low : int(ends[part].max())].tolist()
            spans = zip((begins[part] - low).tolist(), (ends[part] - low).tolist(), strict=True)
            logged = [tuple(near[begin:end]) for begin, end in spans]
            for key in zip(logged, last[part].tolist(), answered_for[part].tolist(), crossing[part].tolist(), strict=True):
                path = known.get(key)
                if path is None:
                    path = known[key] = _path(*key)
                paths.append(path)
        return paths

    def handshake(self, row: int) -> str:
        """full, partial, none, not seen."""
        return outcome.handshake(self, row)

    def end(self, row: int) -> str:
        """fin, reset, timeout, open."""
        return outcome.end(self, row)

    def conn_state(self, row: int) -> str:
        """Zeek's verdict: S0 S1 SF REJ S2 S3 RSTO RSTR RSTOS0 RSTRH SH SHR OTH."""
        return outcome.conn_state(self, row)

    @functools.cached_property
    def server_group(self) -> npt.NDArray[np.int64]:
        """A number for each connection, equal for those with the same server address and port."""
        return self._groups("b", port=True)

    @functools.cached_property
    def client_group(self) -> npt.NDArray[np.int64]:
        """The same by client address and port."""
        return self._groups("a", port=True)

    @functools.cached_property
    def server_address_group(self) -> npt.NDArray[np.int64]:
        """The same by server address."""
        return self._groups("b", port=False)

    @functools.cached_property
    def client_address_group(self) -> npt.NDArray[np.int64]:
        """The same by client address."""
        return self._groups("a", port=False)

    def _groups(self, letter: str, *, port: bool) -> npt.NDArray[np.int64]:
        names = [f"{letter}{place}" for place in range(4)] + [f"{letter}_port"] * port
        return numbered([np.ascontiguousarray(self._connections[name]) for name in names])

    def still_zero(self, side: int) -> npt.NDArray[np.bool_]:
        """True where a side's last word was a zero window."""
        return np.asarray((self.side(side).marks & WINDOW_IS_ZERO) != 0)

    def has_ended(self) -> npt.NDArray[np.bool_]:
        """True where a RST was sent, or both FINs."""
        client, server = self.client.marks, self.server.marks
        return np.asarray(((client | server) & RST_SENT != 0) | ((client & server & FIN_SENT) != 0))

    def acknowledged(self, side: int) -> npt.NDArray[np.bool_]:
        """True where the other side has acknowledged anything of this one."""
        return np.asarray((self.side(side).marks & HAS_ACKED) != 0)


def _path(sets: tuple[int, ...], at_end: int, answered_for: bool, crossing: bool) -> tuple[str, ...]:
    """The path that a side's sets of possible states tell, spelled; `at_end` is the last of them when the capture ends."""
    told = list(sets)
    if answered_for:
        told = [states for states in told if states != _CLOSED] or told
    if told and at_end and at_end != told[-1]:
        told.append(at_end)
    return tuple(narrate(told, crossing=crossing))


def _guess_swapped(connections: npt.NDArray[Any], pairs: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where side 0 is taken for the server: no SYN was seen and its port looks like a service's."""
    unseen = (connections["marks"] & (SAW_SYN | SAW_SYN_ACK)) == 0
    mine, other = connections["a_port"], connections["b_port"]
    much_lower = (mine < 1024) | ((mine < 32_768) & (other >= 32_768)) | (mine.astype(np.int32) * 4 < other)
    return np.asarray(unseen & (mine < other) & much_lower)


def _with_roles(connections: npt.NDArray[Any], swapped: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """The connection rows with `a` as the client and the side numbers turned where roles were swapped."""
    if not swapped.any():
        return connections
    result = connections.copy()
    for place in ("0", "1", "2", "3", "_port"):
        result[f"a{place}"] = np.where(swapped, connections[f"b{place}"], connections[f"a{place}"])
        result[f"b{place}"] = np.where(swapped, connections[f"a{place}"], connections[f"b{place}"])
    for name in ("fins_first_side", "rst_first_side", "last_side", "icmp_side"):
        result[name] = np.where(swapped & (connections[name] >= 0), 1 - connections[name], connections[name])
    return result


__all__ = ["CLIENT", "CONNECTION", "SERVER", "SIDE", "TRANSITION", "Column", "Columns", "Connections", "Transition"]
