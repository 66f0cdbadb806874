"""How long Linux has tried and will try: times of retransmission timers (net/ipv4/tcp_timer.c)."""

from __future__ import annotations

import numpy as np

from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_table import Mask
from estab.machine.states import State
from estab.snapshot import TimerKind

RTO_MIN_S, RTO_MAX_S, RTO_FIRST_S = 0.2, 120.0, 1.0


def give_up_s(retries: int) -> float:
    """Seconds after which a kernel with this many retries (`tcp_retries2`) gives up data that nobody acknowledges; a lower bound.

    >>> round(give_up_s(15), 1), round(give_up_s(8), 1)
    (924.6, 102.2)
    """
    return float(sum(min(RTO_MIN_S * 2**step, RTO_MAX_S) for step in range(retries + 1)))


def syn_times_s(count: int, linear: int) -> list[float]:
    """When the first `count` SYNs are sent, in seconds from the first; `linear` is `tcp_syn_linear_timeouts`.

    >>> syn_times_s(8, 4), syn_times_s(5, 0)
    ([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 11.0], [0.0, 1.0, 3.0, 7.0, 15.0])
    """
    times, at, rto = [], 0.0, RTO_FIRST_S
    for number in range(count):
        times.append(at)
        at += rto
        if number >= linear:
            rto = min(2 * rto, RTO_MAX_S)
    return times


def syn_age_s(facts: HostFacts, retries: int) -> float:
    """How long a SYN that was sent again so often has waited at least."""
    return max(syn_times_s(retries + 1, facts.number("tcp_syn_linear_timeouts", 0))[-1], 0.0)


def give_up_syn_s(facts: HostFacts) -> float:
    """When connect() fails with ETIMEDOUT (tcp_model_timeout): the first time without an answer at or past 2^(n+1) - 1 s."""
    retries, linear = facts.number("tcp_syn_retries"), facts.number("tcp_syn_linear_timeouts", 0)
    bound = float(2 ** (retries + 1) - 1)
    return next(at for at in syn_times_s(64, linear)[1:] if at >= bound)


def silent_senders(facts: HostFacts, timeouts: int) -> Mask:
    """Open connections with data in flight that timed out at least so often in a row."""
    t = facts.t
    open_ = t.state(State.ESTABLISHED, State.CLOSE_WAIT) & t.timer(TimerKind.RETRANSMIT)
    return np.asarray(open_ & (t["retransmits"] >= timeouts))
