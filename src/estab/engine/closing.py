"""The end of a connection: what CLOSE waits for, orphans, FIN-WAIT-2, TIME-WAIT, and how a TCB goes (RFC 9293 §3.6, §3.10.4, §3.10.8).

Linux in short: a socket without a user (an orphan) waits for the peer's FIN no longer than `tcp_fin_timeout`; TIME-WAIT takes 60 s.  Both
need no more than a small record, which `EnteredTimeWait` offers to the owner; a connection that nobody takes over keeps its timers itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.events import ENDED, EnteredTimeWait
from estab.engine.timers import TIME_WAIT_NS, Timer
from estab.instant import SECOND_NS
from estab.machine.states import State
from estab.machine.stimuli import Stimulus

if TYPE_CHECKING:
    from estab.engine.occasion import Occasion
    from estab.engine.tcb import Tcb


def queue_close(tcb: Tcb, _occasion: Occasion) -> None:
    """QUEUE_CLOSE: the CLOSE is carried out as soon as the connection is established."""
    tcb.close_queued = True


def start_time_wait(tcb: Tcb, occasion: Occasion) -> None:
    """START_TIME_WAIT: the other timers go, the sending half has nothing left to do."""
    tcb.timers.stop_all()
    tcb.timers.start(Timer.TIME_WAIT, occasion.now_ns + TIME_WAIT_NS)
    tcb.tell(EnteredTimeWait(TIME_WAIT_NS))


def restart_time_wait(tcb: Tcb, occasion: Occasion) -> None:
    """RESTART_TIME_WAIT: the peer has sent its FIN again, so our last ACK was lost."""
    tcb.timers.start(Timer.TIME_WAIT, occasion.now_ns + TIME_WAIT_NS)


def fin_wait_2_life_ns(tcb: Tcb) -> int:
    """How long an orphan stays in FIN-WAIT-2 (tcp_fin_time): `TCP_LINGER2` or `tcp_fin_timeout`, at least three and a half RTO.

    Above a minute the kernel first keeps the whole socket for what exceeds it and then a small record for the same time again.
    """
    seconds: int = tcb.config.knobs.tcp_fin_timeout if not tcb.settings.linger2_s else tcb.settings.linger2_s
    life = seconds * SECOND_NS
    if tcb.sender is not None:
        life = max(life, tcb.sender.rto_ns * 7 // 2)
    return life if life <= TIME_WAIT_NS else 2 * (life - TIME_WAIT_NS)


def watch_orphan(tcb: Tcb, now_ns: int) -> bool:
    """An orphan has come to FIN-WAIT-2, or one in it has become an orphan: its time begins; False if it is to go at once (linger2 < 0)."""
    if not tcb.orphan or tcb.state is not State.FIN_WAIT_2:
        return True
    if tcb.settings.linger2_s is not None and tcb.settings.linger2_s < 0:
        return False
    if tcb.timers.deadline_of(Timer.FIN_WAIT_2) is None:
        life = fin_wait_2_life_ns(tcb)
        tcb.timers.stop(Timer.KEEPALIVE)
        tcb.timers.start(Timer.FIN_WAIT_2, now_ns + life)
        tcb.tell(EnteredTimeWait(life, fin_wait_2=True))
    return True


def flush_queues(tcb: Tcb, occasion: Occasion) -> None:
    """FLUSH_QUEUES: what waits to be sent goes; bytes that RECEIVE could have taken stay readable unless the user aborts (as in Linux)."""
    tcb.outbox = None
    tcb.early = None
    if tcb.receiver is not None:
        tcb.receiver.reassembly = None
        if occasion.stimulus is Stimulus.ABORT:
            tcb.receiver.buffer = None


def delete_tcb(tcb: Tcb, _occasion: Occasion) -> None:
    """DELETE_TCB: timers and the sending half go; what can still be read, the pending error and a last RST stay to be fetched."""
    tcb.timers.stop_all()
    tcb.sender = tcb.opening = tcb.early = None
    if tcb.acks is not None:
        tcb.acks.now = tcb.acks.owed = False
        tcb.acks.deadline_ns = None
    tcb.tell(ENDED)
