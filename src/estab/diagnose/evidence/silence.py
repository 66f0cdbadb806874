"""Silence: an end repeats itself or probes, and nothing comes back any more.

All masks have one entry a connection; `side` is the one that goes unheard.  A capture that misses a direction says nothing of answers; such
connections are left out.
"""

from __future__ import annotations

import numpy as np

from estab.diagnose.facts import SERVER, Column, Facts, Mask
from estab.instant import SECOND_NS
from estab.track import records

REPEATS = 4
"""Repetitions of one segment: with a first timeout of 0.2 s they take 3 s."""
FEWER_REPEATS = 3
SURE_NS = SECOND_NS
FEWER_SURE_NS = 3 * SECOND_NS
SPREAD = 1.6
"""The silence, in lengths of its longest wait: timeouts double (RFC 6298 §5.5), so three waits in a row make 1.75 of the last."""
PROBES = 3
PROBES_AND_RESET = 2


def repeats_unheard(facts: Facts, side: int) -> Mask:
    """A side has repeated data again and again, and the other, which had spoken before, has been silent since."""
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    waited_ns = repeating_ns(facts, side)
    often = ((me.run >= REPEATS) & (waited_ns >= SURE_NS)) | ((me.run >= FEWER_REPEATS) & (waited_ns >= FEWER_SURE_NS))
    several = waited_ns >= SPREAD * me.repeat_wait_max_ns
    return np.asarray(
        often & several & _heard_before(facts, side) & ~facts.connections.still_zero(1 - side) & (peer.last_ns < me.retransmit_last_ns)
    )


def probes_unheard(facts: Facts, side: int) -> Mask:
    """A side's keepalive probes have not been answered, and the other has been silent since."""
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    gave_up = facts.side_marked(side, records.RST_SENT) & (me.rst_ns > me.keepalive_last_ns)
    enough = (me.keepalive_run >= PROBES) | ((me.keepalive_run >= PROBES_AND_RESET) & gave_up)
    return np.asarray(enough & _heard_before(facts, side) & (peer.last_ns < me.keepalive_last_ns))


def repeating_ns(facts: Facts, side: int) -> Column:
    """From the later of the other side's last word and the first sending of what is under way, to the last repetition."""
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    return np.asarray(np.maximum(me.retransmit_last_ns - np.maximum(peer.last_ns, me.flight_ns), 0))


def silent_since_ns(facts: Facts, side: int) -> Column:
    """When the first packet was sent that the other side (not `side`) left unanswered: data, or a probe."""
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    return np.where(me.flight_ns > peer.last_ns, me.flight_ns, peer.last_ns)


def idle_before_ns(facts: Facts, side: int) -> Column:
    """How long both sides had been silent before the data that went unheard; 0 where the other spoke after it was first sent."""
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    return np.where(me.flight_ns > peer.last_ns, me.flight_idle_ns, 0)


def alive_meanwhile(facts: Facts, side: int, since_ns: Column) -> Mask:
    """Where the host that is silent here (the other side of `side`) spoke in other connections after `since_ns`."""
    connections = facts.connections
    group = connections.client_address_group if side == SERVER else connections.server_address_group
    peer = connections.side(1 - side)
    latest_ns = np.zeros(int(group.max()) + 1 if facts.count else 0, np.int64)
    np.maximum.at(latest_ns, group, np.where(peer.packets > 0, peer.last_ns, 0))
    return np.asarray(latest_ns[group] > since_ns + SECOND_NS)


def _heard_before(facts: Facts, side: int) -> Mask:
    """The other side spoke beyond the handshake, ended nothing, and all that it sent was captured."""
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    spoke = peer.packets > peer.syns + peer.syn_acks + peer.rsts + peer.duplicates
    complete = (me.acks_unseen == 0) & ~facts.one_way
    return np.asarray(spoke & complete & ~facts.side_marked(1 - side, records.RST_SENT))
