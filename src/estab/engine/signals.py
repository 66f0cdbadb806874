"""What the user is told when a connection changes against or with their will: errno values as Linux gives them, and events."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from estab.engine.events import CLOSING, PEER_CLOSED, Patience, Refused, Reset, TimedOut
from estab.errors import MisuseError
from estab.machine.states import FIN_RECEIVED, State, mask
from estab.machine.stimuli import Stimulus

if TYPE_CHECKING:
    from estab.engine.occasion import Occasion
    from estab.engine.tcb import Tcb


def fail(tcb: Tcb, number: int) -> None:
    """Make this errno the pending error (SO_ERROR)."""
    tcb.error = number


def closing(tcb: Tcb, _occasion: Occasion) -> None:
    """SIGNAL_CLOSING: the peer has closed, or the user's own CLOSE ended an opening."""
    if mask(tcb.state) & FIN_RECEIVED:
        tcb.tell(PEER_CLOSED)
    else:
        tcb.tell(CLOSING)


def refused(tcb: Tcb, occasion: Occasion) -> None:
    """SIGNAL_REFUSED."""
    number = occasion.errno or errno.ECONNREFUSED
    fail(tcb, number)
    tcb.tell(Refused(number))


def reset(tcb: Tcb, occasion: Occasion) -> None:
    """SIGNAL_RESET: by the peer, by an ICMP error, or because this end aborts.

    A user who aborts has no error pending; one whose patience ran out has (a keepalive without answer ends with a RST).
    """
    if occasion.stimulus is Stimulus.ABORT and occasion.errno is None:
        tcb.tell(Reset(errno.ECONNRESET))
        return
    if occasion.patience is not None:
        timeout(tcb, occasion)
        return
    number = occasion.errno or errno.ECONNRESET
    fail(tcb, number)
    if occasion.was is State.SYN_SENT:
        tcb.tell(Refused(number))
    else:
        tcb.tell(Reset(number))


RESET_ERRNO = {State.SYN_SENT: errno.ECONNREFUSED, State.CLOSE_WAIT: errno.EPIPE}
"""What a RST means to the user, by the state it finds (tcp_reset); ECONNRESET in all others."""


def timeout(tcb: Tcb, occasion: Occasion) -> None:
    """SIGNAL_TIMEOUT: ETIMEDOUT, or the ICMP error that had come before; whoever lost patience says which (tcp_write_err)."""
    number = occasion.errno or errno.ETIMEDOUT
    fail(tcb, number)
    tcb.tell(TimedOut(number, occasion.patience or Patience.USER_TIMEOUT))


def no_connection(_tcb: Tcb, _occasion: Occasion) -> None:
    """REFUSE_NO_CONNECTION."""
    raise CallRefused(errno.ENOTCONN, "the connection does not exist")


def exists(_tcb: Tcb, _occasion: Occasion) -> None:
    """REFUSE_EXISTS."""
    raise CallRefused(errno.EISCONN, "the connection already exists")


def unspecified(_tcb: Tcb, _occasion: Occasion) -> None:
    """REFUSE_UNSPECIFIED."""
    raise CallRefused(errno.EDESTADDRREQ, "the remote socket is not specified")


def already_closing(_tcb: Tcb, _occasion: Occasion) -> None:
    """REFUSE_CLOSING."""
    raise CallRefused(errno.EPIPE, "the connection is closing")


class CallRefused(MisuseError):
    """A call that the state does not allow; `errno` is what the kernel would give."""

    def __init__(self, number: int, reason: str) -> None:
        self.errno = number
        super().__init__(reason)
