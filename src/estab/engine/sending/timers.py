"""The one timer of the sending half: retransmission, tail loss probe, reordering window or window probe, never two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending.profile import RTO_MIN_US, TIMEOUT_INIT_US, TIMEOUT_MIN_US
from estab.engine.sending.variables import CWR, LOSS_PROBE, NO_TIMER, OPEN, PROBE, REORDER, RETRANSMIT
from estab.laws.backoff import in_ticks, probe_wait

if TYPE_CHECKING:
    from estab.engine.sending.variables import SendVariables


def set_timer(sender: SendVariables, kind: int, wait_us: int, now_ns: int) -> None:
    """The timer is for `kind` now, and runs out after so long."""
    sender.timer_kind = kind
    sender.timer_ns = now_ns + wait_us * 1000


def clear_timer(sender: SendVariables) -> None:
    """No timer."""
    sender.timer_kind = NO_TIMER
    sender.timer_ns = 0


def rto_remaining_us(sender: SendVariables, now_ns: int) -> int:
    """How far away the retransmission of the oldest segment is, counted from when that was sent."""
    assert sender.head is not None
    return (sender.head.sent_ns - now_ns) // 1000 + sender.rto_us


def rearm_rto(sender: SendVariables, now_ns: int) -> None:
    """The retransmission timer from now on, or off where nothing is outstanding (RFC 6298 §5.1 to §5.3).

    Behind a probe or a reordering timer it continues as if it had run all the time.  While a Fast Open server's SYN-ACK is not
    acknowledged its timer is that of the connection, and this one waits.
    """
    if not sender.packets_out or sender.is_opening:
        clear_timer(sender)
        return
    wait_us = sender.rto_us
    if sender.timer_kind in {REORDER, LOSS_PROBE}:
        wait_us = max(rto_remaining_us(sender, now_ns), 1)
    set_timer(sender, RETRANSMIT, wait_us, now_ns)


def schedule_loss_probe(sender: SendVariables, now_ns: int, *, advancing_rto: bool) -> bool:
    """A tail loss probe instead of the retransmission timer (RFC 8985 §7.2): after two round trips, never later than the RTO.

    A single segment waits for a delayed ACK as well.  Only with SACK and outside of recovery.
    """
    if (
        not sender.packets_out
        or not sender.sack_ok
        or not sender.limits.probes_tail
        or sender.is_opening
        or (sender.ca_state is not OPEN and sender.ca_state is not CWR)
    ):
        return False
    srtt8 = sender.estimate.srtt8_us
    wait_us = TIMEOUT_INIT_US
    if srtt8:
        wait_us = (srtt8 >> 2) + (sender.limits.rto_min_us if sender.packets_out == 1 else TIMEOUT_MIN_US)
    wait_us = in_ticks(wait_us, sender.profile.tick_us)
    rto_us = sender.rto_us if advancing_rto else rto_remaining_us(sender, now_ns)
    if 0 < rto_us < wait_us:
        wait_us = rto_us
    sender.timer_kind = LOSS_PROBE
    sender.timer_ns = now_ns + wait_us * 1000
    return True


def set_after_ack(sender: SendVariables, now_ns: int) -> None:
    """Something was acknowledged: the timer starts anew, as a probe where that is allowed (RFC 6298 §5.3)."""
    if not schedule_loss_probe(sender, now_ns, advancing_rto=True):
        rearm_rto(sender, now_ns)


def probe_base_us(sender: SendVariables) -> int:
    """The wait before the first window probe."""
    return max(sender.rto_us, RTO_MIN_US)


def window_probe_wait_us(sender: SendVariables) -> int:
    """The wait before the next window probe, by the number of those without effect, cut short by the user timeout."""
    return probe_wait(sender.rto_us, sender.backoff, RTO_MIN_US, sender.limits.rto_max_us)


def check_window_probe(sender: SendVariables, now_ns: int) -> None:
    """Data waits, nothing is under way and no timer runs: something must wake this connection (RFC 9293 §3.8.6.1).

    It is also what ends the waiting of a corked small segment, after 200 ms or more.
    """
    if not sender.packets_out and sender.timer_kind == NO_TIMER and sender.snd_nxt < sender.write_seq:
        set_timer(sender, PROBE, probe_base_us(sender), now_ns)
