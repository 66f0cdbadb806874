"""The eleven states of RFC 9293 §3.3.2, and sets of them.

What an observer does not know about an endpoint is a set of states, never a state of its own.  A set is an int of eleven bits
(bit = value of the state), so that it fits in a column of packets and indexes the tables of `compiled`.
"""

from __future__ import annotations

import enum


class State(enum.IntEnum):
    """A state of one endpoint; the value is its bit in a set."""

    CLOSED = 0
    LISTEN = 1
    SYN_SENT = 2
    SYN_RECEIVED = 3
    ESTABLISHED = 4
    FIN_WAIT_1 = 5
    FIN_WAIT_2 = 6
    CLOSE_WAIT = 7
    CLOSING = 8
    LAST_ACK = 9
    TIME_WAIT = 10

    @property
    def label(self) -> str:
        """The state as the RFC spells it: `SYN-RECEIVED`, `FIN-WAIT-1`."""
        return self.name.replace("_", "-")


def mask(*states: State) -> int:
    """The set of these states; without any, the empty set (0).

    >>> mask(State.CLOSED, State.SYN_SENT)
    5
    """
    bits = 0
    for state in states:
        bits |= 1 << state
    return bits


ALL = (1 << len(State)) - 1
"""Nothing is known."""

NON_SYNCHRONIZED = mask(State.LISTEN, State.SYN_SENT, State.SYN_RECEIVED)
"""Group 2 of RFC 9293 §3.5.2: the sequence numbers of both sides are not yet agreed."""

SYNCHRONIZED = ALL & ~NON_SYNCHRONIZED & ~mask(State.CLOSED)
"""Group 3 of RFC 9293 §3.5.2: ESTABLISHED and all states after it."""

SYNCHRONIZED_OPEN = mask(State.ESTABLISHED, State.CLOSE_WAIT)
"""Synchronized, and the endpoint's own direction is open: its user may still SEND."""

RECEIVING = mask(State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2)
"""Synchronized, and the peer's direction is open: text is still accepted."""

FIN_SENT = mask(State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSING, State.LAST_ACK, State.TIME_WAIT)
"""The endpoint has closed its own direction."""

FIN_RECEIVED = mask(State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK, State.TIME_WAIT)
"""The peer has closed its direction, and the endpoint has taken note."""


def members(states: int) -> tuple[State, ...]:
    """The states of a set in the order of their values; bits beyond the eleven are ignored.

    >>> members(5)
    (<State.CLOSED: 0>, <State.SYN_SENT: 2>)
    """
    return tuple(state for state in State if states >> state & 1)


def spell(states: int) -> str:
    """A set for people and for JSON, in the order of a connection's life, at whose end CLOSED stands; the empty set is the empty string.

    >>> spell(mask(State.FIN_WAIT_2, State.FIN_WAIT_1)), spell(mask(State.CLOSED, State.LAST_ACK))
    ('FIN-WAIT-1|FIN-WAIT-2', 'LAST-ACK|CLOSED')
    """
    return "|".join(state.label for state in sorted(members(states), key=lambda state: state or len(State)))
