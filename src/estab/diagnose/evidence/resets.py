"""Resets: what the first RST of a connection tells of its sender.

A RST without the ACK bit, numbered by the acknowledgement of the segment it answers, comes from where no socket was (RFC 9293
§3.10.7.1); one with ACK comes from a socket that was aborted.  A RST that travelled another distance than its alleged sender's
packets was made by somebody else on the path.

`Resets` looks only at connections that had come about and whose RST the receiver believed; its columns have one entry for each of `rows`.
"""

from __future__ import annotations

import enum
import functools

import numpy as np

from estab.diagnose.facts import CLIENT, SERVER, Column, Facts, Mask, Rows
from estab.diagnose.finding import Severity
from estab.instant import SECOND_NS
from estab.track import records

FIRST_TTLS = np.array([64, 128, 255])
"""Times to live that systems begin with."""
IDLE_NS = SECOND_NS
"""Silence of both sides that counts as idle; no device forgets a connection sooner."""
IDLE_ROUND_TRIPS = 10
COMMON_SHARE = 0.05
"""Of a side's connections: below it a reset is a note."""


class Kind(enum.IntEnum):
    """Why a connection was reset, as far as the wire tells; exclusive."""

    OTHER = 0
    """After its own FIN and without harm, after both FINs, or not to be told."""
    FORGED = 1
    """The alleged sender went on, or spoke later from another distance."""
    FORGOTTEN_ON_PATH = 2
    """From another distance, in answer to the first segment after a silence."""
    FROM_PATH = 3
    """From another distance, otherwise."""
    NO_SOCKET = 4
    """In answer to a segment for which there was no socket, although the connection had not been closed."""
    LATE_DATA = 5
    """In answer to data that was sent after its sender had acknowledged the FIN."""
    CROSSED_DATA = 6
    """In answer to data that crossed the FIN on its way."""
    UNREAD = 7
    """Aborted while data had come that was not answered."""
    ABORTED = 8


class Resets:
    """The connections of a capture that were reset after they had come about."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        first = facts.connections.rst_first_side
        spoken = [_spoke(facts, side) for side in (CLIENT, SERVER)]
        came_about = facts.established | (facts.midstream & spoken[CLIENT] & spoken[SERVER])
        believed = np.where(first == SERVER, facts.side_marked(SERVER, records.RESET_EXACT), facts.side_marked(CLIENT, records.RESET_EXACT))
        self.rows: Rows = np.flatnonzero(facts.reset & came_about & believed & ~facts.refused & ~facts.one_way)
        self.side: Column = first[self.rows]
        self._took_part: Mask = np.where(self.side == SERVER, spoken[SERVER][self.rows], spoken[CLIENT][self.rows])

    def sender(self, name: str) -> Column:
        """A field of the side that sent the first RST."""
        client, server = (getattr(self.facts.connections.side(side), name)[self.rows] for side in (CLIENT, SERVER))
        return np.asarray(np.where(self.side == SERVER, server, client))

    def receiver(self, name: str) -> Column:
        """A field of the other side."""
        client, server = (getattr(self.facts.connections.side(side), name)[self.rows] for side in (CLIENT, SERVER))
        return np.asarray(np.where(self.side == SERVER, client, server))

    def marked(self, bits: int) -> Mask:
        """Where the sender of the RST has any of these marks."""
        return np.asarray((self.sender("marks") & bits) != 0)

    @functools.cached_property
    def foreign(self) -> Mask:
        """Where the RST travelled another distance than all other packets of its alleged sender."""
        rst, low, high = (distance(self.sender(name)) for name in ("rst_ttl", "ttl_max", "ttl_min"))
        return self.marked(records.RESET_TTL_ODD) & ((rst < np.minimum(low, high)) | (rst > np.maximum(low, high)))

    @functools.cached_property
    def forged(self) -> Mask:
        """Where the alleged sender went on afterwards: with new data or FIN, or from the distance that is its own."""
        rst_ns = self.sender("rst_ns")
        went_on = (self.sender("last_data_ns") > rst_ns) | (self.sender("fin_ns") > rst_ns)
        return np.asarray(went_on | (self.foreign & self.marked(records.SPOKE_AFTER_RESET)))

    @functools.cached_property
    def after_own_fin(self) -> Mask:
        """Where the sender of the RST had sent FIN."""
        return self.marked(records.RESET_AFTER_FIN)

    @functools.cached_property
    def after_other_fin(self) -> Mask:
        """Where the other side had sent FIN."""
        fin_ns = self.receiver("fin_ns")
        return np.asarray((fin_ns > 0) & (fin_ns <= self.sender("rst_ns")))

    @functools.cached_property
    def fins_crossed(self) -> Mask:
        """Where both sides sent FIN before either had the other's: then what crossed them was nobody's request."""
        return np.asarray((self.facts.connections.marks[self.rows] & records.CROSSING_FINS) != 0)

    @functools.cached_property
    def unread_bytes(self) -> Column:
        """Bytes of the other side that the sender of the RST had not acknowledged (its FIN not counted)."""
        return np.asarray(np.maximum(self.sender("unacked_at_rst_bytes") - self.after_other_fin, 0))

    @functools.cached_property
    def lost_bytes(self) -> Column:
        """Bytes of the RST's own sender that had not been acknowledged (its FIN not counted)."""
        known = (self.sender("marks") & records.HAS_ACKED) != 0
        return np.where(known, np.maximum(self.sender("snd_max") - self.sender("acked") - self.after_own_fin, 0), 0)

    @functools.cached_property
    def idle_ns(self) -> Column:
        """How long both sides had been silent before the data that drew the RST; 0 where it drew none."""
        drew = (self.unread_bytes > 0) & (self.receiver("flight_ns") > 0)
        return np.where(drew, self.receiver("flight_idle_ns"), 0)

    @functools.cached_property
    def quiet_ns(self) -> Column:
        """How long both sides had been silent before the RST itself."""
        spoke_ns = np.maximum(self.receiver("last_ns"), self.sender("last_sent_ns"))
        return np.asarray(np.maximum(self.sender("rst_ns") - spoke_ns, 0))

    @functools.cached_property
    def exchanged(self) -> Mask:
        """Where any data went either way."""
        return (self.sender("data_packets") > 0) | (self.receiver("data_packets") > 0)

    @functools.cached_property
    def kind(self) -> Column:
        """A `Kind` for each."""
        socket = self.marked(records.RESET_WITH_ACK)
        mine, other = self.after_own_fin, self.after_other_fin
        late = mine & (self.unread_bytes > 0) & (self.receiver("last_data_ns") > 0)
        knew = self.receiver("after_peer_fin_bytes") > 0
        rtt_ns = self.sender("rtt_min_ns") + self.receiver("rtt_min_ns")
        idle = (self.idle_ns >= IDLE_NS) & (self.idle_ns >= IDLE_ROUND_TRIPS * rtt_ns)
        unanswered = self.marked(records.RESET_UNREAD) & ((self.unread_bytes > 0) | (self.side == SERVER))
        insisted = (self.sender("run") >= 3) | (self.sender("keepalive_run") >= 2)  # gave up on a silent peer
        choices = [
            (self.forged, Kind.FORGED),
            (mine & other & ~(late & (knew | ~self.fins_crossed)), Kind.OTHER),  # the late writer may have closed before the RST arrived
            (self.foreign & idle, Kind.FORGOTTEN_ON_PATH),
            (self.foreign, Kind.FROM_PATH),
            (insisted, Kind.OTHER),
            (late & knew, Kind.LATE_DATA),
            (late, Kind.CROSSED_DATA),
            (mine, Kind.OTHER),
            (~socket & self._took_part & self._answers(), Kind.NO_SOCKET),
            (~socket, Kind.OTHER),
            (unanswered, Kind.UNREAD),
        ]
        return np.select([mask for mask, _ in choices], [int(kind) for _, kind in choices], int(Kind.ABORTED))

    def _answers(self) -> Mask:
        """Where something of the other side was not yet acknowledged, or had just been probed: the RST answers it."""
        probed = (self.receiver("keepalive_last_ns") > 0) & (self.sender("rst_ns") - self.receiver("keepalive_last_ns") < SECOND_NS)
        return np.asarray((self.sender("unacked_at_rst_bytes") > 0) | probed)

    def mask(self, kind: Kind, side: int | None = None) -> Mask:
        """Connections (all of the capture) whose first RST is of this kind, and was sent by this side."""
        chosen = self.kind == int(kind)
        if side is not None:
            chosen = chosen & (self.side == side)
        result = np.zeros(self.facts.count, bool)
        result[self.rows[chosen]] = True
        return result

    def spread(self, column: Column) -> Column:
        """A column over all connections of the capture, 0 where there was no such RST."""
        result = np.zeros(self.facts.count, column.dtype)
        result[self.rows] = column
        return result

    def at(self, rows: Rows) -> Rows:
        """The places of these connections in `rows`."""
        return np.searchsorted(self.rows, rows)


def distance(ttl: Column) -> Column:
    """Routers passed since the system that began with the next of the usual times to live."""
    return FIRST_TTLS[np.searchsorted(FIRST_TTLS, np.minimum(ttl, 255))] - ttl


def usual(share: float, worst: Severity) -> Severity:
    """The severity of something that befell this share of a side's connections: a small trace is a note."""
    return worst if share >= COMMON_SHARE else Severity.INFO


def _spoke(facts: Facts, side: int) -> Mask:
    """Where a side sent more than SYNs, RSTs and the copies of them; a client's ACK of the SYN-ACK counts."""
    me = facts.connections.side(side)
    return np.asarray(me.packets > me.syns + me.syn_acks + me.rsts + me.duplicates)
