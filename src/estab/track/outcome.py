"""What became of connections, in words others use: how the handshake went, how it ended, Zeek's verdict.

Zeek's `conn_state` is derived here from our own columns by the meaning that Zeek's documentation gives (base/protocols/conn): S0 a SYN
without answer; REJ refused; S1 established, not ended; SF opened and closed; S2/S3 closed by the opener/by the other side only;
RSTO/RSTR established, then aborted by the opener/by the other side; RSTOS0 SYN then RST by the opener; RSTRH SYN-ACK then RST
without a SYN; SH/SHR a SYN/SYN-ACK and then FIN, never answered; OTH joined in the middle.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from estab.track.records import (
    CONNECTED,
    FIN_SENT,
    REFUSED,
    RST_SENT,
    SAW_HANDSHAKE_ACK,
    SAW_SYN,
    SAW_SYN_ACK,
    SIMULTANEOUS_OPEN,
)

if TYPE_CHECKING:
    from estab.track.connections import Connections


def of_all(connections: Connections, judge: Callable[[Connections, int], str]) -> list[str]:
    """One of the judgements below for every connection: made once for each combination of what they look at."""
    if connections.count == 0:
        return []
    key = connections.gave_up.astype(np.int64)
    for column in (connections.marks, connections.client.marks, connections.server.marks):
        values, numbers = np.unique(column, return_inverse=True)
        # Dense again each time, so that nothing passes 2^63 however many connections there are.
        key = np.unique(key * len(values) + numbers.reshape(-1), return_inverse=True)[1].reshape(-1)
    for side in (connections.client, connections.server):
        for count in (side.packets, side.syns, side.syn_acks, side.data_packets):
            key = key * 2 + (count > 0)
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    words = [judge(connections, int(row)) for row in first]
    return [words[number] for number in place.reshape(-1).tolist()]


def handshake(connections: Connections, row: int) -> str:
    """`full` (all three segments seen), `partial` (some), `none` (a SYN without any answer), `not seen`."""
    marks = int(connections.marks[row])
    if not marks & (SAW_SYN | SAW_SYN_ACK):
        return "not seen"
    if marks & SAW_SYN and marks & SAW_SYN_ACK and marks & SAW_HANDSHAKE_ACK:
        return "full"
    if marks & SAW_SYN_ACK or marks & SIMULTANEOUS_OPEN:
        return "partial"
    return "none" if int(connections.server.packets[row]) == 0 or marks & REFUSED else "partial"


def end(connections: Connections, row: int) -> str:
    """`reset`, `fin` (both sides), `timeout` (given up after repetitions), `open` (anything else, FIN of one side included)."""
    client, server = int(connections.client.marks[row]), int(connections.server.marks[row])
    if (client | server) & RST_SENT:
        return "reset"
    if client & FIN_SENT and server & FIN_SENT:
        return "fin"
    return "timeout" if connections.gave_up[row] else "open"


def conn_state(connections: Connections, row: int) -> str:
    """Zeek's verdict."""
    marks = int(connections.marks[row])
    client, server = int(connections.client.marks[row]), int(connections.server.marks[row])
    opener, answerer = _zeek_state(connections, row, 0), _zeek_state(connections, row, 1)
    if server & RST_SENT and answerer == "reset":
        if opener == "syn" or (opener == "reset" and not connections.client.data_packets[row] and not connections.server.data_packets[row]):
            return "REJ"
        return "RSTRH" if opener in ("inactive", "partial") else "RSTR"
    if client & RST_SENT and opener == "reset":
        return "RSTOS0" if answerer in ("inactive", "partial") else "RSTO"
    if opener == "closed" and answerer == "closed":
        return "SF"
    if opener == "closed":
        return "SH" if answerer in ("inactive", "partial") else "S2"
    if answerer == "closed":
        return "SHR" if opener in ("inactive", "partial") else "S3"
    if opener == "syn" and answerer == "inactive":
        return "S0"
    if opener == "established" and answerer == "established":
        return "S1"
    return "S1" if marks & CONNECTED and marks & SAW_SYN and marks & SAW_SYN_ACK else "OTH"


def _zeek_state(connections: Connections, row: int, side: int) -> str:
    """One endpoint as Zeek sees it: inactive, partial, syn, established, closed, reset."""
    me = connections.side(side)
    marks, seen = int(me.marks[row]), int(me.packets[row])
    both_closed = int(connections.client.marks[row]) & int(connections.server.marks[row]) & FIN_SENT
    if marks & RST_SENT and not both_closed:
        return "reset"
    if seen == 0:
        return "inactive"
    if marks & FIN_SENT:
        return "closed"
    other = connections.side(1 - side)
    began = bool(me.syns[row] or me.syn_acks[row] or other.syn_acks[row])
    if not began:
        return "partial"
    if int(connections.marks[row]) & (SAW_HANDSHAKE_ACK | CONNECTED) and int(connections.marks[row]) & SAW_SYN_ACK:
        return "established"
    return "syn"
