"""Segments that open nothing, sent to ports where no connection is: how a scanner asks without a SYN.

RFC 9293 §3.10.7.1 has a closed port answer anything but a RST by RST, and §3.10.7.2 has a listener drop what carries neither SYN, ACK
nor RST.  So FIN, all flags at once, or none, ask which ports are closed; a bare ACK asks which ports a packet filter lets through.
"""

from __future__ import annotations

import numpy as np

from estab.diagnose.facts import Facts, Mask, Rows
from estab.wire.columns import ACK, FIN

PACKETS_EACH = 2
"""A scanner asks once, and once more where nothing came."""
SHARED_PORT_FACTOR = 2
"""So many times more ports are asked than are asked from: every connection of a real client has a port of its own."""


def stray(facts: Facts) -> Mask:
    """Connections that are no more than one or two segments of the client without SYN, RST or data, and perhaps RSTs for an answer."""
    client, server = facts.connections.client, facts.connections.server
    asked = (client.packets > 0) & (client.packets <= PACKETS_EACH) & (client.payload_bytes == 0) & (client.rsts == 0)
    unanswered = (server.packets == server.rsts) & (server.rsts <= client.packets)
    first = (server.packets == 0) | (client.first_frame < server.first_frame)
    return np.asarray(facts.midstream & asked & unanswered & first)


def is_scan(facts: Facts, rows: Rows) -> bool:
    """Whether such segments are no remains of real connections: no TCP sends them without ACK; or they come from one port to many."""
    if not (facts.connections.client.last_flags[rows] & ACK).any():
        return True
    asked_from, asked = (len(np.unique(ports[rows])) for ports in (facts.connections.a_port, facts.connections.b_port))
    return asked >= SHARED_PORT_FACTOR * asked_from


def kind_of(facts: Facts, rows: Rows) -> int:
    """The control bits that most of the segments carry."""
    values, counts = np.unique(facts.connections.client.last_flags[rows] & 0xFF, return_counts=True)
    return int(values[np.argmax(counts)])


def spell_kind(flags: int) -> str:
    """What scanners call a segment with these control bits."""
    if flags == 0:
        return "NULL"
    if flags == FIN:
        return "FIN"
    if flags & ACK:
        return "FIN,ACK" if flags & FIN else "ACK"
    return "XMAS" if flags & FIN else f"0x{flags:02x}"
