"""RFC 9293 §3.10.8: what is done when a deadline has passed, whoever set it."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from estab.engine import keepalive
from estab.engine.events import Patience
from estab.engine.occasion import Occasion
from estab.engine.opening import patience_ns
from estab.engine.receiving import rto_of
from estab.engine.sending.outgoing import Action
from estab.engine.timers import Timer
from estab.engine.transitions import consult
from estab.instant import MILLISECOND_NS
from estab.machine.states import State
from estab.machine.stimuli import Stimulus

if TYPE_CHECKING:
    from estab.engine.tcb import Tcb


def earliest(tcb: Tcb) -> int | None:
    """The next deadline of all parts."""
    deadline = tcb.timers.earliest()
    acks, sender = tcb.acks, tcb.sender
    if acks is not None and acks.deadline_ns is not None and (deadline is None or acks.deadline_ns < deadline):
        deadline = acks.deadline_ns
    if sender is not None and tcb.state is not State.TIME_WAIT:
        waits = sender.deadline()
        if waits is not None and (deadline is None or waits < deadline):
            deadline = waits
    return deadline


def expire(tcb: Tcb, now_ns: int) -> None:
    """Take all that is due: the delayed ACK, the connection's own timers, the sending half's."""
    acks = tcb.acks
    if acks is not None and acks.deadline_ns is not None and acks.deadline_ns <= now_ns:
        if acks.owed:
            tcb.config.counters.add("TcpExt.DelayedACKs")
        acks.on_deadline(rto_of(tcb))
    while (timer := tcb.timers.take_due(now_ns)) is not None:
        EXPIRIES[timer](tcb, now_ns)
    sender = tcb.sender
    if sender is not None and tcb.state is not State.TIME_WAIT:
        waits = sender.deadline()
        if waits is not None and waits <= now_ns:
            _expire_sender(tcb, now_ns)


def _expire_sender(tcb: Tcb, now_ns: int) -> None:
    sender = tcb.sender
    assert sender is not None
    verdict = sender.on_deadline(now_ns)
    occasion = Occasion(now_ns)
    if verdict.action is Action.GAVE_UP:
        occasion.errno, occasion.patience = verdict.errno, verdict.patience
        tcb.config.counters.add("TcpExt.TCPAbortOnTimeout")
        consult(tcb, Stimulus.USER_TIMEOUT, occasion)
    elif verdict.action is Action.RETRANSMITTED:
        consult(tcb, Stimulus.RETRANSMISSION_TIMEOUT, occasion)


def _expire_opening(tcb: Tcb, now_ns: int) -> None:
    """The SYN or SYN-ACK was not acknowledged in time: once more, or patience has run out."""
    opening, knobs = tcb.opening, tcb.config.knobs
    if opening is None:
        return
    occasion = Occasion(now_ns)
    tcb.config.counters.add("TcpExt.TCPTimeouts")
    waited = now_ns - opening.started_ns
    if tcb.settings.user_timeout_ms and waited >= tcb.settings.user_timeout_ms * MILLISECOND_NS:
        occasion.patience = Patience.USER_TIMEOUT
    elif tcb.passive_origin or tcb.fast_open:
        # A Fast Open child has one attempt more (tcp_fastopen_synack_timer).
        retries: int = knobs.tcp_synack_retries if tcb.settings.syn_count is None else tcb.settings.syn_count
        if opening.retransmits >= retries + tcb.fast_open:
            occasion.patience = Patience.SYN_ACK
    else:
        retries = knobs.tcp_syn_retries if tcb.settings.syn_count is None else tcb.settings.syn_count
        if waited >= patience_ns(knobs, retries):
            occasion.patience = Patience.SYN if tcb.state is State.SYN_SENT else Patience.SYN_ACK
    if occasion.patience is None:
        if tcb.state is State.SYN_SENT:
            # Linux counts here what it does with any socket's timeout: another path by a new hash, and a repetition that was lost again.
            tcb.config.counters.add("TcpExt.TcpTimeoutRehash")
            if opening.retransmits:
                tcb.config.counters.add("TcpExt.TCPLostRetransmit")
        consult(tcb, Stimulus.RETRANSMISSION_TIMEOUT, occasion)
    else:
        _give_up(tcb, occasion)


def _give_up(tcb: Tcb, occasion: Occasion) -> None:
    occasion.errno = errno.ETIMEDOUT
    tcb.config.counters.add("TcpExt.TCPAbortOnTimeout")
    consult(tcb, Stimulus.USER_TIMEOUT, occasion)


def _expire_keepalive(tcb: Tcb, now_ns: int) -> None:
    """Enough probes without an answer: Linux sends a RST, in case the other end lives and only its answers are lost."""
    occasion = keepalive.on_timer(tcb, now_ns)
    if occasion is not None:
        tcb.config.counters.add("TcpExt.TCPAbortOnTimeout")
        consult(tcb, Stimulus.ABORT, occasion)


def _expire_fin_wait_2(tcb: Tcb, now_ns: int) -> None:
    """The peer of an orphan has not closed: the record goes, in silence."""
    occasion = Occasion(now_ns)
    occasion.patience = Patience.FIN_WAIT_2
    if tcb.state is State.FIN_WAIT_2:
        consult(tcb, Stimulus.USER_TIMEOUT, occasion)


def _expire_time_wait(tcb: Tcb, now_ns: int) -> None:
    consult(tcb, Stimulus.TIME_WAIT_TIMEOUT, Occasion(now_ns))


EXPIRIES = {
    Timer.OPENING: _expire_opening,
    Timer.KEEPALIVE: _expire_keepalive,
    Timer.FIN_WAIT_2: _expire_fin_wait_2,
    Timer.TIME_WAIT: _expire_time_wait,
}
