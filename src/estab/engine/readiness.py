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


def readiness_of(sock: Socket) -> Readiness:
    """What a socket is ready for."""
    if sock.listener is not None:
        return Readiness.IN if sock.listener.accept_queue else Readiness.NONE
    if sock.deferred is not None:
        return Readiness.OUT
    entry = sock.entry
    if entry is None:
        shut = Readiness.IN | Readiness.RDHUP if sock.read_shut else Readiness.NONE
        return Readiness.OUT | Readiness.HUP | shut | (Readiness.ERR if sock.error else Readiness.NONE)
    connection, alive = entry.connection, entry.is_alive
    receiver = connection.receiver
    ready = Readiness.NONE
    read_over = sock.read_shut or not alive or (receiver is not None and receiver.fin_reached)
    write_over = sock.write_shut or not alive
    if read_over and write_over:
        ready |= Readiness.HUP
    if read_over:
        ready |= Readiness.IN | Readiness.RDHUP
    if connection.state not in OPENING_STATES or entry.fast_open or not alive:
        if connection.readable_bytes:
            ready |= Readiness.IN
        if write_over or connection.is_writable:
            ready |= Readiness.OUT
        if receiver is not None and receiver.urgent_byte is not None:
            ready |= Readiness.PRI
    if connection.error is not None:
        ready |= Readiness.ERR
    return ready
