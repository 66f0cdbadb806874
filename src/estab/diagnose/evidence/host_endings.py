"""How connections of a live host ended between two snapshots, as its counters tell it.

Each way of ending moves its own set of counters (measured on Linux 6.18).  `EstabResets` counts connections that went from ESTABLISHED or
CLOSE-WAIT to CLOSED at once, for whatever reason: own aborts, timeouts, closed listeners, and RSTs that came.  What is left of it when
the others are taken off is the RSTs that came.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_table import Rows, loopback, pair_keys
from estab.machine.states import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Endings:
    """Counts of connections by how they ended."""

    unread: int
    """close() with unread data (`TCPAbortOnClose`)."""
    lingered: int
    """close() with SO_LINGER 0 (`TCPAbortOnData` together with `EstabResets`)."""
    late_data: int
    """Data that came behind the close (`TCPAbortOnData` alone)."""
    timeouts: int
    pending: int
    """Connections that waited in the accept queue of a listener that was closed."""
    killed: int
    """Destroyed from outside (SOCK_DESTROY): reset with an RST of ours, and by none of the other ways."""
    received: int
    """RSTs of peers."""
    answered: int
    """RSTs of ours that answered segments for no connection."""


def endings(facts: HostFacts) -> Endings:
    """The counts between the snapshots."""
    unread, timeouts = facts.moved("TcpExt.TCPAbortOnClose"), facts.moved("TcpExt.TCPAbortOnTimeout")
    on_data, resets, sent = facts.moved("TcpExt.TCPAbortOnData"), facts.moved("Tcp.EstabResets"), facts.moved("Tcp.OutRsts")
    on_loopback = _loopback_only(facts)
    # On loopback both ends count.  Of u closes with data unread, l with SO_LINGER 0 and d with data behind the close the aborting ends
    # make u + l of EstabResets, and their victims u + l + d, while TCPAbortOnData is l + d.
    lingered = min(on_data, max(resets - 2 * unread - on_data if on_loopback else resets - unread, 0))
    pending = len(pending_of_closed(facts))
    resets_left = max(resets - unread - lingered - timeouts - pending, 0)
    sent_left = max(sent - unread - on_data - pending - facts.moved("TcpExt.EmbryonicRsts") - facts.moved("TcpExt.TCPTimeWaitOverflow"), 0)
    victims = unread + on_data + pending if on_loopback else 0
    resets_left = max(resets_left - victims, 0)
    refused_here = min(facts.moved("Tcp.AttemptFails"), sent_left)
    sent_left = max(sent_left - refused_here, 0)
    # Of k killed and a answered there, k + k + a are reset and k + a RSTs sent.
    killed = min(max(resets_left - sent_left, 0) if on_loopback else resets_left, sent_left)
    return Endings(
        unread=unread,
        lingered=lingered,
        late_data=on_data - lingered,
        timeouts=timeouts,
        pending=pending,
        killed=killed,
        received=0 if on_loopback else resets_left - killed,
        answered=sent_left - killed,
    )


def _loopback_only(facts: HostFacts) -> bool:
    """There are connections, then or now, and all of them have both ends here."""
    t, earlier = facts.t, facts.t.earlier[facts.t.gone]
    inside = np.concatenate([t.loopback[~t.listening], loopback(earlier)[earlier["state"] != State.LISTEN]])
    return bool(len(inside) and inside.all())


def pending_of_closed(facts: HostFacts) -> Rows:
    """Rows of the EARLIER table: connections in the accept queue of a listener that has gone since, and have gone with it."""
    earlier = facts.t.earlier
    gone = facts.t.gone
    closed = set(earlier["local_port"][gone][earlier["state"][gone] == State.LISTEN].tolist())
    waiting = (earlier["state"][gone] == State.ESTABLISHED) & (earlier["inode"][gone] == 0)
    return np.asarray(gone[waiting & np.isin(earlier["local_port"][gone], list(closed))])


def vanished(facts: HostFacts, *states: State) -> Rows:
    """Rows of the EARLIER table in these states that are gone, and of which nothing is left, not even TIME-WAIT."""
    gone = facts.t.gone
    chosen = gone[np.isin(facts.t.earlier["state"][gone], [int(state) for state in states])]
    if not len(chosen):
        return chosen
    left = np.isin(pair_keys(facts.t.earlier[chosen]), pair_keys(facts.t.table))
    return np.asarray(chosen[~left])


def idle_before(facts: HostFacts, rows: Rows, least_ms: int) -> Rows:
    """Of rows of the EARLIER table those on which no data had come or gone for so long."""
    earlier = facts.t.earlier
    quiet = (earlier["last_data_recv_ms"][rows] >= least_ms) & (earlier["last_data_sent_ms"][rows] >= least_ms)
    return np.asarray(rows[quiet & (earlier["send_queue"][rows] == 0)])
