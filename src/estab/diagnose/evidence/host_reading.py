"""Receive queues of a live host: what was read from them between two snapshots."""

from __future__ import annotations

import numpy as np

from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_table import Mask
from estab.machine.states import State

FULL_BYTES = 4096
NEARLY_FULL = 0.8


def unread(facts: HostFacts) -> Mask:
    """Accepted, open connections with bytes that were there before, from which nothing was read in between.

    What came in less what the queue has grown by is what was read.
    """
    t = facts.t
    open_ = t.state(State.ESTABLISHED) & t.stayed & (t["inode"] > 0) & (t.was("recv_queue") > 0) & (t["recv_queue"] > 0)
    read = t.grew("bytes_received") - (t["recv_queue"] - t.was("recv_queue"))
    return np.asarray(open_ & (read <= 0))


def full_buffers(facts: HostFacts) -> Mask:
    """Of these the ones whose buffer is full, so that the peer may send nothing more."""
    t = facts.t
    full = (t["rmem_alloc_bytes"] >= NEARLY_FULL * t["rcvbuf_bytes"]) & (t["rcvbuf_bytes"] > 0)
    closed = (t["rcv_wnd_bytes"] == 0) & (t.grew("bytes_received") == 0)
    return np.asarray(unread(facts) & (t["recv_queue"] >= FULL_BYTES) & (full | closed))
