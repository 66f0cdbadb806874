"""Keepalive (RFC 9293 §3.8.4), as Linux does it: probes after silence, given up after a count or after the user timeout.

The timer is not pushed on by every segment; when it ends it looks how long the silence has been and runs on for the rest.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from estab.engine import outbound
from estab.engine.events import Patience
from estab.engine.occasion import Occasion
from estab.engine.timers import Timer
from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.machine.states import SYNCHRONIZED, State, mask

if TYPE_CHECKING:
    from estab.engine.tcb import Tcb

PROBED = SYNCHRONIZED & ~mask(State.TIME_WAIT)
RESOURCE_WAIT_NS = SECOND_NS // 2


def idle_ns(tcb: Tcb) -> int:
    """Silence before the first probe."""
    seconds = tcb.settings.keep_idle_s
    return int((tcb.config.knobs.tcp_keepalive_time if seconds is None else seconds) * SECOND_NS)


def interval_ns(tcb: Tcb) -> int:
    """Between two probes."""
    seconds = tcb.settings.keep_interval_s
    return int((tcb.config.knobs.tcp_keepalive_intvl if seconds is None else seconds) * SECOND_NS)


def silence_ns(tcb: Tcb, now_ns: int) -> int:
    """Since the peer was heard last."""
    return now_ns - max(tcb.last_ack_recv_ns, tcb.last_data_recv_ns)


def start(tcb: Tcb, now_ns: int) -> None:
    """Begin (or, the option being off, stop) to watch the silence."""
    if tcb.settings.keepalive and mask(tcb.state) & PROBED:
        left = max(idle_ns(tcb) - silence_ns(tcb, now_ns), 0)
        tcb.timers.start(Timer.KEEPALIVE, now_ns + left)
    else:
        tcb.timers.stop(Timer.KEEPALIVE)


def on_timer(tcb: Tcb, now_ns: int) -> Occasion | None:
    """The timer has ended: probe, wait on, or give up, which the Occasion then says (tcp_keepalive_timer)."""
    sender = tcb.sender
    if not tcb.settings.keepalive or sender is None or not mask(tcb.state) & PROBED:
        return None
    if sender.unacked_bytes or sender.unsent_bytes:
        # It is the retransmission timer that finds out whether the peer lives.
        tcb.timers.start(Timer.KEEPALIVE, now_ns + idle_ns(tcb))
        return None
    silence = silence_ns(tcb, now_ns)
    if silence < idle_ns(tcb):
        tcb.timers.start(Timer.KEEPALIVE, now_ns + idle_ns(tcb) - silence)
        return None
    if _is_enough(tcb, silence):
        occasion = Occasion(now_ns)
        occasion.errno, occasion.patience = errno.ETIMEDOUT, Patience.KEEPALIVE
        return occasion
    tcb.post(outbound.probe(tcb, now_ns))
    tcb.probes_out += 1
    tcb.config.counters.add("TcpExt.TCPKeepAlive")
    tcb.timers.start(Timer.KEEPALIVE, now_ns + interval_ns(tcb))
    return None


def _is_enough(tcb: Tcb, silence: int) -> bool:
    """A user timeout replaces the count, once at least one probe has gone unanswered."""
    if tcb.settings.user_timeout_ms:
        return silence >= tcb.settings.user_timeout_ms * MILLISECOND_NS and tcb.probes_out > 0
    count = tcb.settings.keep_count
    return bool(tcb.probes_out >= (tcb.config.knobs.tcp_keepalive_probes if count is None else count))
