"""What poll() reports of a socket (net/ipv4/tcp.c, tcp_poll)."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from estab.machine.states import State

if TYPE_CHECKING:
    from estab.engine.sockets import Socket

OPENING_STATES = (State.SYN_SENT, State.SYN_RECEIVED)


class Readiness(enum.IntFlag):
    """What poll() would report (POLL…)."""

    NONE = 0
    IN = 1
    PRI = 2
    OUT = 4
    ERR = 8
    HUP = 16
    RDHUP = 0x2000


IN, PRI, OUT, ERR, HUP, RDHUP = (int(flag) for flag in Readiness)
OVER = IN | RDHUP


def readiness_bits(sock: Socket) -> int:
    """What a socket is ready for, as a plain number: it is asked for with every packet, and flags of an enum cost ten times as much."""
    if sock.listener is not None:
        return IN if sock.listener.accept_queue else 0
    if sock.deferred is not None:
        return OUT
    entry = sock.entry
    if entry is None:
        return OUT | HUP | (OVER if sock.read_shut else 0) | (ERR if sock.error else 0)
    connection, alive = entry.connection, entry.is_alive
    receiver = connection.receiver
    ready = 0
    read_over = sock.read_shut or not alive or (receiver is not None and receiver.fin_reached)
    write_over = sock.write_shut or not alive
    if read_over and write_over:
        ready |= HUP
    if read_over:
        ready |= OVER
    if connection.state not in OPENING_STATES or entry.fast_open or not alive:
        if receiver is not None and receiver.buffer is not None and receiver.readable_bytes:
            ready |= IN
        if write_over or connection.is_writable:
            ready |= OUT
        if receiver is not None and receiver.urgent_byte is not None:
            ready |= PRI
    if connection.error is not None:
        ready |= ERR
    return ready
