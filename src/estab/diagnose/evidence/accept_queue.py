"""What the wire shows of a listener whose accept queue is full.

The kernel puts a completed handshake into the listener's accept queue until the application calls accept().  A full queue shows in four
ways (net/ipv4/tcp_ipv4.c tcp_conn_request, net/ipv4/tcp_minisocks.c tcp_check_req):

* SYNs are dropped while those before them were accepted: `dropped`;
* the ACK of a handshake begun earlier is dropped and the SYN-ACK comes again: `repeated`;
* behind a SYN cookie nothing is remembered: the client believes to be connected, and its data meets silence, for good or until a
  repetition of it finds room in the queue: `ignored`;
* with tcp_abort_on_overflow the ACK is answered by RST: `aborted`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from estab.diagnose.evidence import attempts
from estab.diagnose.facts import Column, Facts, Group, Mask, Rows
from estab.diagnose.grouping import Grouping
from estab.instant import MILLISECOND_NS, SECOND_NS

DROPPED_LEAST = 2
"""Attempts whose SYNs must have been dropped, where the application serves no other either."""
SURE_SYNS = 3
"""One connection is enough where so many of its SYNs were dropped and the application serves no other either."""
DROPPED_SHARE = 0.5
"""Of the attempts between the first dropped SYN and the last: chance loses fewer."""
PARTLY_LEAST = 5
"""The same where it serves others, or where the listener drops only a part."""
PARTLY_SHARE = 0.15
LOSS_FACTOR = 5
"""How much more often SYNs must vanish than data does, where a listener drops only a part of them."""
REPEATED_LEAST = 3
"""Connections with a repeated SYN-ACK and nothing but a bare ACK of the client."""
OFTEN_LEAST = 2
"""The same where it was repeated twice or more in each."""
LATE_LEAST = 3
"""Connections whose data was taken at last, where there are no others."""
PROMPT_NS = 100 * MILLISECOND_NS
"""Between a client's ACK and its first data, where it was waiting to send."""
CHANCE_FACTOR = 3
"""How much more often SYNs must vanish at a listener than at all others."""
BEFORE_NS = 60 * SECOND_NS
"""How long before the first dropped SYN another one must have been accepted."""


@dataclass(frozen=True)
class Pictures:
    """The connections of one listener that show a full accept queue, by the way it shows."""

    dropped: Rows
    repeated: Rows
    ignored: Rows
    aborted: Rows
    unserved: int
    """Connections that the kernel accepted and of which the application has taken no notice."""
    certain: bool
    """Whether the pictures leave no other explanation."""

    @functools.cached_property
    def rows(self) -> Rows:
        """All of them."""
        return np.unique(np.concatenate([self.dropped, self.repeated, self.ignored, self.aborted]))

    @property
    def ways(self) -> int:
        """In how many ways it shows."""
        return sum(len(rows) > 0 for rows in (self.dropped, self.repeated, self.ignored, self.aborted))


@dataclass(frozen=True)
class Suspicions:
    """Masks over all connections, before one looks at each listener."""

    dropped: Mask
    repeated: Mask
    insisted: Mask
    ignored: Mask
    late: Mask
    aborted: Mask
    confirmed: Mask
    served: Mask
    at_server: Mask
    attempts: int
    """How many attempts there are altogether."""

    @functools.cached_property
    def any(self) -> Mask:
        """Connections that could be part of a picture."""
        return self.dropped | self.repeated | self.ignored | self.aborted

    @functools.cached_property
    def held(self) -> Mask:
        """Connections that came about as they should."""
        return self.confirmed & ~self.any

    @functools.cached_property
    def dropped_anywhere(self) -> int:
        """How many attempts went unheard, whatever the listener."""
        return int(np.count_nonzero(self.dropped))


def suspect(facts: Facts, free: Mask) -> Suspicions:
    """The masks, without connections that a stronger cause explains (`free` is false there)."""
    late = attempts.taken_late(facts)
    return Suspicions(
        dropped=(attempts.unheard(facts) | attempts.heard_late(facts)) & free,
        repeated=attempts.repeated_by_server(facts) & free,
        insisted=attempts.data_before_repeat(facts) & free,
        ignored=(attempts.never_taken(facts) | late) & free,
        late=late,
        aborted=attempts.reset_on_ack(facts) & free,
        confirmed=attempts.confirmed(facts),
        served=attempts.served(facts),
        at_server=attempts.at_server(facts),
        attempts=int(np.count_nonzero(facts.attempted)),
    )


@dataclass(frozen=True)
class _Listener:
    """The attempts to one listener (`rows`, in the order of their SYNs), and for each of them what is suspected."""

    facts: Facts
    rows: Rows
    suspicions: Suspicions

    def which(self, mask: Mask) -> Mask:
        """A mask over all connections, as one over the attempts."""
        return np.asarray(mask[self.rows])

    @functools.cached_property
    def first_ns(self) -> Column:
        """When each attempt began."""
        return np.asarray(self.facts.connections.first_ns[self.rows])

    @functools.cached_property
    def held(self) -> Mask:
        """Attempts that came about as they should."""
        return self.which(self.suspicions.held)

    @functools.cached_property
    def held_and_served(self) -> Mask:
        """Of those, the ones that the application has answered."""
        return self.held & self.which(self.suspicions.served)

    def meanwhile(self, some: Mask) -> Mask:
        """Attempts between the first and the last of some."""
        begin_ns, end_ns = self.first_ns[some].min(), self.first_ns[some].max()
        return np.asarray((self.first_ns >= begin_ns) & (self.first_ns <= end_ns))


def worth_a_look(places: Grouping[Group], suspicions: Suspicions) -> Mask:
    """Places (made of `suspicions.any`) that may show a picture, before each is looked at: at the others too little is suspected."""
    held, served = places.kin(suspicions.held) > 0, places.kin(suspicions.held & suspicions.served) > 0
    dropping = held & (places.total(suspicions.dropped) >= np.where(served, PARTLY_LEAST, 1))
    repeating = places.largest(suspicions.insisted | (suspicions.repeated & suspicions.at_server))
    repeating |= places.total(suspicions.repeated) >= OFTEN_LEAST
    return np.asarray(dropping | repeating | (held & places.largest(suspicions.ignored | suspicions.aborted)))


def pictures(facts: Facts, suspicions: Suspicions, row: int) -> Pictures | None:
    """The pictures at the listener of connection `row`, or None where something else explains what is seen there."""
    here = _Listener(facts, attempts.attempts_like(facts, row), suspicions)
    unserved = int(np.count_nonzero(here.held & ~here.held_and_served))
    repeated, sure = _repeated(here)
    ignored = here.which(suspicions.ignored) & ~here.which(suspicions.repeated)
    aborted = here.which(suspicions.aborted)
    if not repeated.any():
        aborted &= bool(here.held.any() and (np.count_nonzero(aborted) >= 2 or unserved))
        ignored &= bool(aborted.any()) or _ignored_by_queue(here, ignored)  # resets of a full queue say why others met silence
    dropped = here.which(suspicions.dropped)
    proven = (repeated | ignored | aborted).any()
    if not proven and not _dropped_by_queue(here, dropped):
        return None
    ways = [here.rows[mask] for mask in (dropped, repeated, ignored, aborted)]
    certain = sure or sum(len(rows) > 0 for rows in ways) > 1
    return Pictures(dropped=ways[0], repeated=ways[1], ignored=ways[2], aborted=ways[3], unserved=unserved, certain=certain)


def _repeated(here: _Listener) -> tuple[Mask, bool]:
    """SYN-ACKs repeated although the ACK went by, unless ACKs may have been lost behind the capture point, or are deferred.

    A client that sends nothing but its ACK leaves two other explanations: the ACK was lost (seen from the client), or the listener uses
    TCP_DEFER_ACCEPT, which waits for data.  Data that went by as well and was not taken rules both out: then the second value is true.
    """
    facts, repeated = here.facts, here.which(here.suspicions.repeated)
    insisted = repeated & here.which(here.suspicions.insisted)
    often = repeated & (facts.connections.syn_ack_after_ack[here.rows] >= 2)
    if insisted.any() or (often & here.suspicions.at_server[here.rows]).any():
        return repeated, True
    many = np.count_nonzero(repeated)
    if many < REPEATED_LEAST and np.count_nonzero(often) < OFTEN_LEAST:
        return np.zeros_like(repeated), False
    mostly = many >= DROPPED_SHARE * np.count_nonzero(here.meanwhile(repeated) & here.which(here.suspicions.confirmed))
    return repeated & bool(mostly), False


def _ignored_by_queue(here: _Listener, ignored: Mask) -> bool:
    """Whether data met silence while the host lived, which others of the listener show; one connection is enough where none is served.

    Where all such data was taken at last, it may have been lost: then there must be several, and no other data was.
    """
    if not ignored.any() or not here.held.any():
        return False
    if not (ignored & ~here.which(here.suspicions.late)).any() and (
        np.count_nonzero(ignored) < LATE_LEAST or attempts.data_loss(here.facts, here.rows[here.held]) > 0
    ):
        return False
    if np.count_nonzero(ignored) < 2 and here.held_and_served.any():
        return False
    connections, rows = here.facts.connections, here.rows[ignored]
    sent_ns, ack_ns = connections.client.first_data_ns[rows], connections.handshake_ack_ns[rows]
    prompt = sent_ns - ack_ns <= PROMPT_NS  # then their handshakes themselves show how long the host lived
    since_ns = ack_ns[prompt].min() if np.count_nonzero(prompt) >= 2 else sent_ns.min()
    return bool(here.facts.connections.server.last_ns[here.rows[here.held]].max() >= since_ns)


def _dropped_by_queue(here: _Listener, dropped: Mask) -> bool:
    """Whether SYNs vanished at the listener itself, and not on the way: others were accepted, and the host lives."""
    facts, count = here.facts, int(np.count_nonzero(dropped))
    if not count or not here.held.any():
        return False
    if here.held_and_served.any():
        least = PARTLY_LEAST
    else:
        least = 1 if (facts.connections.client.syns[here.rows[dropped]] >= SURE_SYNS).any() else DROPPED_LEAST
    if count < least:
        return False
    begin_ns, tries = int(here.first_ns[dropped].min()), int(np.count_nonzero(here.meanwhile(dropped)))
    if here.held_and_served.any() and count < PARTLY_LEAST + CHANCE_FACTOR * tries * _silent_elsewhere(here):
        return False
    share = count / tries
    if share < DROPPED_SHARE and (
        count < PARTLY_LEAST or share < max(PARTLY_SHARE, LOSS_FACTOR * attempts.data_loss(facts, here.rows[here.held]))
    ):
        return False
    before = here.held & (here.first_ns <= begin_ns) & (here.first_ns >= begin_ns - BEFORE_NS)
    if not before.any() or not _same_clients(here, dropped):
        return False
    if not here.held_and_served.any():
        return True  # the kernel accepted some, the application none
    of_host = facts.rows_to_server_address(int(here.rows[0]))
    return bool(facts.connections.server.last_ns[of_host].max() > begin_ns)


def _silent_elsewhere(here: _Listener) -> float:
    """The share of attempts to all other listeners whose SYN went unheard: what the path, and not this listener, swallows."""
    others = here.suspicions.attempts - len(here.rows)
    dropped_here = int(np.count_nonzero(here.which(here.suspicions.dropped)))
    return (here.suspicions.dropped_anywhere - dropped_here) / others if others else 0.0


def _same_clients(here: _Listener, dropped: Mask) -> bool:
    """Whether most clients whose SYNs were dropped were also accepted, or very many clients are concerned: no filter tells them apart."""
    clients = here.facts.connections.client_address_group[here.rows]
    lucky = np.isin(clients[dropped], clients[here.held])
    if 2 * np.count_nonzero(lucky) >= len(lucky):
        return True
    return len(np.unique(clients[dropped])) >= PARTLY_LEAST and len(np.unique(clients[here.held])) >= PARTLY_LEAST
