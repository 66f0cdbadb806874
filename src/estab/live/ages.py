"""How long a socket has been in its state, at least.

No kernel notes when a connection entered its state; it tells when something last happened, and which timer runs.  From these follows
a lower bound, and where nothing follows the age is unknown (-1):

* TIME-WAIT, and an orphaned FIN-WAIT-2, which wait as the same small entry: the timer counts down from a known time
  (net/ipv4/tcp_minisocks.c);
* CLOSE-WAIT and FIN-WAIT-2: the last acknowledgement that arrived came with the FIN, or acknowledged ours, or later (a later one
  makes the bound lower, never wrong);
* ESTABLISHED: none of the three clocks of TCP_INFO is older than the connection;
* SYN-SENT, SYN-RECEIVED, FIN-WAIT-1, CLOSING, LAST-ACK: while their one segment is repeated, the timeouts that have passed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estab.machine.states import State
from estab.snapshot import TimerKind
from estab.snapshot_table import SocketArray

Milliseconds = npt.NDArray[np.int64]

UNKNOWN = -1
TIME_WAIT_MS = 60_000
"""TCP_TIMEWAIT_LEN: a constant of the kernel, no setting changes it."""
FIRST_TIMEOUT_MS = 1_000
"""The first timeout of a SYN-ACK, which doubles (RFC 6298 §2.1)."""

_REPEATING = (State.SYN_SENT, State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK)


def age_ms(sockets: SocketArray, fin_timeout_ms: int = 60_000) -> Milliseconds:
    """For each socket the least time in its state, UNKNOWN where nothing is told; `fin_timeout_ms` is tcp_fin_timeout."""
    ages = np.full(len(sockets), UNKNOWN, np.int64)
    state, timer = sockets["state"], sockets["timer"]
    expires = sockets["timer_expires_ms"].astype(np.int64)
    waiting = timer == TimerKind.TIME_WAIT
    for wanted, lasts_ms in ((State.TIME_WAIT, TIME_WAIT_MS), (State.FIN_WAIT_2, min(fin_timeout_ms, TIME_WAIT_MS))):
        chosen = waiting & (state == wanted)
        ages[chosen] = np.maximum(0, lasts_ms - expires[chosen])
    informed = sockets["has_info"] & ~waiting
    chosen = informed & np.isin(state, (State.CLOSE_WAIT, State.FIN_WAIT_2))
    ages[chosen] = sockets["last_ack_recv_ms"][chosen]
    chosen = informed & (state == State.ESTABLISHED)
    ages[chosen] = longest_quiet_ms(sockets)[chosen]
    retransmitting = timer == TimerKind.RETRANSMIT
    chosen = informed & retransmitting & np.isin(state, _REPEATING)
    ages[chosen] = _passed_ms(sockets["rto_us"][chosen] // 1000, sockets["timer_retries"][chosen], expires[chosen])
    chosen = retransmitting & ~sockets["has_info"] & (state == State.SYN_RECEIVED)
    retries = np.minimum(sockets["timer_retries"][chosen], 7).astype(np.int64)
    ages[chosen] = _passed_ms(FIRST_TIMEOUT_MS << retries, retries, expires[chosen])
    return ages


def longest_quiet_ms(sockets: SocketArray) -> Milliseconds:
    """The longest of the times since data was sent, data came, and an acknowledgement came."""
    clocks = (sockets[name] for name in ("last_data_sent_ms", "last_data_recv_ms", "last_ack_recv_ms"))
    longest: Milliseconds = np.maximum.reduce(list(clocks)).astype(np.int64)
    return longest


def idle_ms(sockets: SocketArray) -> Milliseconds:
    """Time since data was last sent or received, UNKNOWN for a socket that carries none."""
    idle: Milliseconds = np.minimum(sockets["last_data_sent_ms"], sockets["last_data_recv_ms"]).astype(np.int64)
    idle[~sockets["has_info"] | np.isin(sockets["state"], (State.LISTEN, State.CLOSED, State.SYN_SENT))] = UNKNOWN
    return idle


def _passed_ms(timeout_ms: npt.NDArray[np.integer], retries: npt.NDArray[np.integer], expires_ms: Milliseconds) -> Milliseconds:
    """Time since the first transmission: the shorter timeouts before this one, and what of this one has passed.

    Each was at most twice as long as the one before, so that n of them lasted at least t/2 + t/4 + … of the present one.
    """
    now_ms, before = timeout_ms.astype(np.int64), np.minimum(retries, 30).astype(np.int64)
    passed: Milliseconds = now_ms - (now_ms >> before) + np.maximum(0, now_ms - expires_ms)
    return passed
