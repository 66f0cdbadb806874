"""ICMP errors that quote a segment of this connection (RFC 9293 §3.9.2.2, RFC 1122 §4.2.3.9, RFC 5927), with Linux's errno values.

A quoted sequence number that is not outstanding can only be old or forged: the error is ignored.  While the connection opens, an
unreachable destination ends it; afterwards, and for a Fast Open child that has an owner already, it is a *soft error*, remembered in case
patience runs out (RFC 5461).
"""

from __future__ import annotations

import dataclasses
import errno
from typing import TYPE_CHECKING

from estab.engine.events import ErrorQueued
from estab.engine.occasion import Occasion
from estab.engine.transitions import consult
from estab.machine.states import State, mask
from estab.machine.stimuli import Stimulus
from estab.seq import unwrap
from estab.wire.segment import IcmpError, IcmpKind

if TYPE_CHECKING:
    from estab.engine.tcb import Tcb

ERRNO = {
    IcmpKind.NET_UNREACHABLE: errno.ENETUNREACH,
    IcmpKind.HOST_UNREACHABLE: errno.EHOSTUNREACH,
    IcmpKind.PROTOCOL_UNREACHABLE: errno.ENOPROTOOPT,
    IcmpKind.PORT_UNREACHABLE: errno.ECONNREFUSED,
    IcmpKind.ADMIN_PROHIBITED: errno.EHOSTUNREACH,
    IcmpKind.TIME_EXCEEDED: errno.EHOSTUNREACH,
    IcmpKind.PARAMETER_PROBLEM: errno.EPROTO,
}
"""What each error means to the user (icmp_err_convert in net/ipv4/icmp.c)."""

HARD = frozenset({IcmpKind.PROTOCOL_UNREACHABLE, IcmpKind.PORT_UNREACHABLE, IcmpKind.ADMIN_PROHIBITED, IcmpKind.PARAMETER_PROBLEM})
"""Would end a connection after RFC 1122; RFC 5927 and Linux take them as soft once it is synchronized."""

OPENING = mask(State.SYN_SENT, State.SYN_RECEIVED)


def arrive(tcb: Tcb, error: IcmpError, now_ns: int) -> None:
    """One ICMP error."""
    if tcb.state in {State.CLOSED, State.LISTEN, State.TIME_WAIT} or not _is_outstanding(tcb, error.seq):
        if tcb.state is not State.CLOSED:
            tcb.config.counters.add("TcpExt.OutOfWindowIcmps")
        return
    if error.kind is IcmpKind.SOURCE_QUENCH:
        return  # RFC 6633: ignored
    if error.kind is IcmpKind.PACKET_TOO_BIG:
        if tcb.sender is not None:
            tcb.sender.on_icmp_too_big(error.mtu_bytes, unwrap(error.seq, tcb.sender.snd_una), now_ns)
        elif tcb.state is State.SYN_SENT and 0 < error.mtu_bytes < tcb.config.mtu_bytes:
            _shrink_opening(tcb, error.mtu_bytes, now_ns)
        return
    number = ERRNO[error.kind]
    if mask(tcb.state) & OPENING and not (tcb.fast_open and tcb.accepted):
        occasion = Occasion(now_ns)
        occasion.errno = number
        consult(tcb, Stimulus.RST, occasion) if tcb.state is State.SYN_SENT else _end_syn_received(tcb, occasion)
        return
    if tcb.sender is not None:
        tcb.sender.on_soft_error(number)
        tcb.tell(ErrorQueued(number))


def _shrink_opening(tcb: Tcb, mtu_bytes: int, now_ns: int) -> None:
    """The path takes no more than this; a SYN that was too big for it can only be one with data, and leaves again without."""
    headers = tcb.config.mtu_bytes - tcb.config.mtu_mss_bytes
    smallest: int = tcb.config.knobs.tcp_min_snd_mss + headers
    tcb.config = dataclasses.replace(tcb.config, mtu_bytes=max(mtu_bytes, smallest))
    if tcb.opening is not None and tcb.opening.syn_data and not tcb.opening.retransmits:
        consult(tcb, Stimulus.RETRANSMISSION_TIMEOUT, Occasion(now_ns))


def _end_syn_received(tcb: Tcb, occasion: Occasion) -> None:
    """A passive opening goes on in silence: whoever listens is not told; an active one is refused."""
    if not tcb.passive_origin:
        consult(tcb, Stimulus.RST, occasion)


def _is_outstanding(tcb: Tcb, seq: int) -> bool:
    """SND.UNA =< SEG.SEQ < SND.NXT (RFC 5927 §4.1)."""
    sender = tcb.sender
    una = tcb.iss if sender is None or tcb.opening is not None else sender.snd_una
    return una <= unwrap(seq, una) <= tcb.snd_nxt
