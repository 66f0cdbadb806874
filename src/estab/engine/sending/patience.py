"""How long to go on without an answer: retransmissions, window probes, orphans, the user timeout (RFC 9293 §3.8.3; tcp_timer.c)."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from estab.engine.events import Patience
from estab.engine.sending.outgoing import Action, SenderVerdict
from estab.engine.sending.profile import RTO_MIN_US
from estab.engine.sending.variables import trouble_of
from estab.laws.backoff import backed_off, modelled_timeout

if TYPE_CHECKING:
    from estab.engine.sending.variables import SendVariables

ORPHAN_RETRIES = 8
"""What tcp_orphan_retries = 0 means while the RTO is not at its largest."""


def given_up(sender: SendVariables, patience: Patience) -> SenderVerdict:
    """The verdict; the user learns of the last ICMP error rather than of the timeout, if there was one since the last ACK."""
    return SenderVerdict(Action.GAVE_UP, patience, sender.soft_errno or errno.ETIMEDOUT)


def retries_are_over(sender: SendVariables, retries: int, timeout_us: int, now_ns: int) -> bool:
    """Whether the time that so many retransmissions take (or `timeout_us`, if not 0) has passed since the first one.

    The first one after the last progress, that is; Linux counts from the first one of the whole episode, and so can give up in the middle
    of a long repair.
    """
    if not sender.retransmits:
        return False
    limit_us = timeout_us or modelled_timeout(retries, RTO_MIN_US, sender.limits.rto_max_us)
    since_ns = trouble_of(sender).silent_since_ns
    return (now_ns - since_ns) // 1000 >= limit_us


def orphan_retries(sender: SendVariables, *, alive: bool) -> int:
    """tcp_orphan_retries: none for an orphan whose network reports an error and whose RTO has grown to the largest."""
    retries = sender.limits.orphan_retries
    if sender.soft_errno and not alive:
        retries = 0
    if not retries and alive:
        retries = ORPHAN_RETRIES
    return retries


def judge_retransmissions(sender: SendVariables, now_ns: int) -> SenderVerdict | None:
    """Whether it is time to give up; None: not yet."""
    retries = sender.limits.retries2
    patience = Patience.RETRANSMISSIONS
    if sender.is_orphan:
        retries = orphan_retries(sender, alive=sender.rto_us < sender.limits.rto_max_us)
        patience = Patience.ORPHAN
    if sender.user_timeout_us:
        patience = Patience.USER_TIMEOUT
    if retries_are_over(sender, retries, sender.user_timeout_us, now_ns):
        return given_up(sender, patience)
    return None


def closed_window_is_over(sender: SendVariables, since_ns: int, now_ns: int) -> bool:
    """Retransmissions into a closed window: the connection lives as long as the peer answers, up to two largest RTOs without a word.

    A user timeout counts from the first of them (tcp_rtx_probe0_timed_out).
    """
    waited_us = (now_ns - since_ns) // 1000
    silent_us = (now_ns - sender.last_ack_ns) // 1000
    if sender.user_timeout_us and waited_us > sender.user_timeout_us:
        return True
    return silent_us > 2 * sender.limits.rto_max_us and waited_us > 2 * sender.limits.rto_max_us


def clamped_rto_us(sender: SendVariables, now_ns: int) -> int:
    """The RTO, or what is left of the user timeout if that is less."""
    if not sender.user_timeout_us:
        return sender.rto_us
    left_us = sender.user_timeout_us - (now_ns - trouble_of(sender).silent_since_ns) // 1000
    return max(1_000, min(sender.rto_us, left_us))


def judge_probes(sender: SendVariables, now_ns: int) -> SenderVerdict | None:
    """Whether window probes are over: never while the peer answers them, unless the user timeout or an orphan's patience says so."""
    if sender.probes_stamp_ns < 0:
        sender.probes_stamp_ns = now_ns
    elif sender.user_timeout_us and (now_ns - sender.probes_stamp_ns) // 1000 >= sender.user_timeout_us:
        return given_up(sender, Patience.USER_TIMEOUT)
    most = sender.limits.retries2
    patience = Patience.PERSIST
    if sender.is_orphan:
        alive = backed_off(sender.rto_us, sender.backoff, sender.limits.rto_max_us) < sender.limits.rto_max_us
        most = orphan_retries(sender, alive=alive)
        patience = Patience.ORPHAN
        if not alive and sender.backoff >= most:
            return given_up(sender, patience)
    if sender.probes_out >= most:
        return given_up(sender, patience)
    return None


def clamped_probe_us(sender: SendVariables, wait_us: int, now_ns: int) -> int:
    """The wait before a probe, or what is left of the user timeout if that is less."""
    if not sender.user_timeout_us or sender.probes_stamp_ns < 0:
        return wait_us
    left_us = sender.user_timeout_us - (now_ns - sender.probes_stamp_ns) // 1000
    return min(wait_us, max(left_us, 2_000))
