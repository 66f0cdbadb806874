"""The reordering window has passed (RFC 8985 §6.3): what has not arrived by now is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending.rack import detect
from estab.engine.sending.reduction import enter_recovery, reduce
from estab.engine.sending.retransmit import resend_lost
from estab.engine.sending.timers import rearm_rto
from estab.engine.sending.variables import RECOVERY, RETRANSMIT, in_flight, trouble_of

if TYPE_CHECKING:
    from estab.engine.sending.variables import SendVariables


def on_reorder_timeout(sender: SendVariables, now_ns: int) -> None:
    """Marks losses by time, enters recovery if there are any, and sends again."""
    if not sender.packets_out:
        rearm_rto(sender, now_ns)
        return
    trouble = trouble_of(sender)
    flight, lost = in_flight(sender), trouble.lost
    detect(sender, now_ns)
    if in_flight(sender) != flight:
        if sender.ca_state is not RECOVERY:
            enter_recovery(sender, congestion_echoed=False)
            if not sender.congestion.models:
                reduce(sender, 1, trouble.lost - lost, 0)
        resend_lost(sender, now_ns)
    if sender.timer_kind != RETRANSMIT:
        rearm_rto(sender, now_ns)
